// Runs before the first paint, so that nobody sees a flash of another theme.
import { resolveTheme, storedTheme } from './theme';

const theme = storedTheme();
document.documentElement.dataset['theme'] = resolveTheme(theme);
