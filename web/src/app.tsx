// The frame that decides what is shown: an open page, the sign-in, or the shell around a page.
import { Component, type ComponentChildren, type ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { startLive } from './live';
import { openPageAt, pageAt, type Page } from './pages';
import { go, usePlace } from './router';
import { atLeast, useSession } from './session';
import { Shell } from './shell/shell';
import { fmt, loadLocale, t } from './ui/i18n';
import { Empty, ErrorBlock, Skeleton } from './ui/state';
import { Toasts } from './ui/toast';

export function Broken({ error }: { error: unknown }) {
  return (
    <main class="broken">
      <ErrorBlock error={error} retry={() => location.reload()} />
    </main>
  );
}

// What a page throws while drawing stays inside the page's frame.
class Guard extends Component<{ children: ComponentChildren }, { error: unknown }> {
  override state: { error: unknown } = { error: null };
  override componentDidCatch(error: unknown): void {
    this.setState({ error });
  }
  override render(): ComponentChildren {
    if (this.state.error === null) return this.props.children;
    return <ErrorBlock error={this.state.error} retry={() => location.reload()} />;
  }
}

const loadedPages = new Map<string, ComponentType>();

function LazyPage({ path, load }: { path: string; load: Page['load'] }) {
  const [error, setError] = useState<unknown>(null);
  const [, setTurn] = useState(0);
  const Loaded = loadedPages.get(path);
  useEffect(() => {
    if (loadedPages.has(path)) return;
    load().then(
      (module) => {
        loadedPages.set(path, module.default);
        setTurn((turn) => turn + 1);
      },
      (reason: unknown) => setError(reason),
    );
  }, [path]);
  // A missing piece means that the server was upgraded under an open page: only a reload helps.
  if (error !== null) return <ErrorBlock error={error} retry={() => location.reload()} />;
  if (!Loaded) return <Skeleton lines={6} />;
  return (
    <Guard key={path}>
      <Loaded />
    </Guard>
  );
}

export function App() {
  const { user } = useSession();
  const place = usePlace();
  const [locale, setLocale] = useState(fmt.locale);
  const signedIn = user !== null;

  useEffect(() => (signedIn ? startLive() : undefined), [signedIn]);
  useEffect(() => {
    if (!user || user.locale === locale) return;
    void loadLocale(user.locale).then(() => setLocale(user.locale));
  }, [user?.locale]);
  useEffect(() => {
    const title = pageAt(place.path)?.title;
    document.title = title ? `${t(title)} · Traffic` : 'Traffic';
  }, [place.path, locale]);
  useEffect(() => {
    if (signedIn && place.path === '/signin') go('/', 'replace');
  }, [signedIn, place.path]);

  const open = openPageAt(user ? place.path : place.path === '/invite' || place.path === '/setup' ? place.path : '/signin');
  if (open && (!user || open.path !== '/signin')) {
    return (
      <>
        <LazyPage key={locale} path={open.path} load={open.load} />
        <Toasts />
      </>
    );
  }
  const page = pageAt(place.path);
  const allowed = page && atLeast(user, page.role);
  return (
    <Shell key={locale} page={page}>
      {page && allowed ? (
        <LazyPage key={page.path} path={page.path} load={page.load} />
      ) : (
        <Empty icon={page ? 'lock' : 'search'} title={t(page ? 'page.forbidden' : 'page.missing')} text={t(page ? 'page.forbidden_text' : 'page.missing_text')}>
          <a class="button primary" href="/">{t('page.to_overview')}</a>
        </Empty>
      )}
      <Toasts />
    </Shell>
  );
}
