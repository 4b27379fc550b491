// The frame of the pages one sees before being signed in.
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { LocaleCode } from '../../api/types';
import { locales } from '../../locale';
import { fmt, loadLocale, localeNames, t } from '../../ui/i18n';
import { Icon, Logo } from '../../ui/icon';

export function Door({ children }: { children: () => ComponentChildren }) {
  const [locale, setLocale] = useState<LocaleCode>(fmt.locale);
  const speak = (next: LocaleCode): void => {
    void loadLocale(next).then(() => setLocale(next));
  };
  return (
    <div class="door">
      <main class="door-card card" key={locale}>
        <p class="brand"><Logo size={36} /><span>Traffic</span></p>
        {children()}
      </main>
      <footer class="door-foot">
        <Icon name="globe" size={15} />
        <div role="group" aria-label={t('settings.language')}>
          {locales.map((one) => (
            <button type="button" key={one} lang={one} aria-pressed={one === locale} onClick={() => speak(one)}>{localeNames[one]}</button>
          ))}
        </div>
      </footer>
    </div>
  );
}
