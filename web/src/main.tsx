// The beginning: words, then who is signed in, then the page that the address names.
import './kit';
import { render } from 'preact';
import { metrics } from './api/endpoints';
import { App, Broken } from './app';
import { here, startRouter } from './router';
import { openPageAt, pageAt } from './pages';
import { startSession } from './session';
import { watchSystemTheme } from './theme';
import { guessLocale } from './locale';
import { loadLocale } from './ui/i18n';
import { prefetch } from './ui/load';
import { startTips } from './ui/tips';
import { overviewKey, overviewParams, readView } from './view';

function root(): HTMLElement {
  return document.getElementById('app') ?? document.body;
}

async function start(): Promise<void> {
  startRouter();
  startTips();
  watchSystemTheme();
  const { path } = here();
  // The page's own code is fetched while the session is asked for.
  void (pageAt(path) ?? openPageAt(path))?.load().catch(() => undefined);
  const session = startSession();
  if (path === '/') prefetchOverview();
  session.catch(() => undefined); // looked at below, once there are words to say it with
  await loadLocale(guessLocale());
  try {
    await session;
  } catch (error) {
    if (!isSignedOut(error)) {
      render(<Broken error={error} />, root());
      return;
    }
  }
  render(<App />, root());
}

// The landing page's numbers are asked for together with the session, not after it.
function prefetchOverview(): void {
  const params = overviewParams(readView(here().query));
  prefetch(overviewKey(params), metrics.overview(params));
}

function isSignedOut(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'status' in error && error.status === 401;
}

void start();
