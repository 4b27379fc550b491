// The frame around every page: side bar (bottom bar on phones), keyboard, help and search.
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { User } from '../api/types';
import { recall, remember } from '../memory';
import { addressOf, pages, type Page } from '../pages';
import { usePlace } from '../router';
import { atLeast, currentUser, signOut } from '../session';
import { Dialog } from '../ui/dialog';
import { errorText } from '../ui/errors';
import { t } from '../ui/i18n';
import { Icon, Logo } from '../ui/icon';
import { toast } from '../ui/toast';
import { HelpSheet } from './help';
import { openSheet, startKeys } from './keys';
import { Search } from './search';

function NavLink({ page, current }: { page: Page; current: boolean }) {
  return (
    <a
      href={addressOf(page)}
      aria-current={current ? 'page' : undefined}
      onPointerEnter={() => void page.load().catch(() => undefined)}
    >
      <Icon name={page.icon} />
      <span class="nav-text">{t(page.title)}</span>
    </a>
  );
}

function leave(): void {
  signOut().catch((error: unknown) => toast(errorText(error), 'bad'));
}

function Nav({ user, current }: { user: User | null; current: Page | undefined }) {
  const visible = pages.filter((page) => atLeast(user, page.role));
  const group = (name: Page['group']) =>
    visible.filter((page) => page.group === name).map((page) => <NavLink key={page.path} page={page} current={page === current} />);
  return (
    <>
      <nav aria-label={t('nav.title')}>
        {group('numbers')}
        {visible.some((page) => page.group === 'sources') && <p class="nav-group"><span>{t('nav.group_sources')}</span></p>}
        {group('sources')}
        {visible.some((page) => page.group === 'manage') && <p class="nav-group"><span>{t('nav.manage')}</span></p>}
        {group('manage')}
      </nav>
      <nav class="nav-own" aria-label={t('nav.own')}>
        {group('own')}
        <button type="button" onClick={() => openSheet('help')}>
          <Icon name="help" />
          <span class="nav-text">{t('help.title')}</span>
        </button>
        <button type="button" onClick={leave}>
          <Icon name="logout" />
          <span class="nav-text">{t('nav.signout')}</span>
        </button>
        {user && (
          <p class="who">
            <i aria-hidden="true">{user.full_name.trim().slice(0, 1).toLocaleUpperCase() || '?'}</i>
            <span class="nav-text"><b>{user.full_name}</b><small>{user.team_name ?? t(`role.${user.role}`)}</small></span>
          </p>
        )}
      </nav>
    </>
  );
}

function BottomBar({ user, current }: { user: User | null; current: Page | undefined }) {
  const [open, setOpen] = useState(false);
  const place = usePlace();
  const visible = pages.filter((page) => atLeast(user, page.role));
  const first = visible.filter((page) => page.group === 'numbers');
  useEffect(() => setOpen(false), [place.path]);
  return (
    <nav class="bottom-bar" aria-label={t('nav.title')}>
      {first.map((page) => <NavLink key={page.path} page={page} current={page === current} />)}
      <button type="button" aria-expanded={open} aria-haspopup="dialog" onClick={() => setOpen(true)}>
        <Icon name="menu" />
        <span class="nav-text">{t('nav.more')}</span>
      </button>
      {open && (
        <Dialog title={t('nav.title')} onClose={() => setOpen(false)}>
          <div class="sheet-nav"><Nav user={user} current={current} /></div>
        </Dialog>
      )}
    </nav>
  );
}

export function Shell({ page, children }: { page: Page | undefined; children: ComponentChildren }) {
  const user = currentUser();
  const [wide, setWide] = useState(recall('sidebar') !== 'narrow');
  const [sheet, setSheet] = useState<'help' | 'search' | null>(null);

  useEffect(() => startKeys({ help: () => setSheet('help'), search: () => setSheet('search') }), []);
  useEffect(() => {
    const open = (event: Event): void => {
      if (event instanceof CustomEvent && (event.detail === 'help' || event.detail === 'search')) setSheet(event.detail);
    };
    document.addEventListener('traffic-sheet', open);
    return () => document.removeEventListener('traffic-sheet', open);
  }, []);
  const toggle = (): void => {
    setWide(!wide);
    remember('sidebar', wide ? 'narrow' : 'wide');
  };

  return (
    <div class={wide ? 'shell' : 'shell narrow'}>
      <a class="skip" href="#main">{t('nav.skip')}</a>
      <aside id="sidebar">
        <div class="brand">
          <button type="button" class="icon-button" aria-expanded={wide} aria-controls="sidebar" aria-label={t(wide ? 'nav.collapse' : 'nav.expand')} onClick={toggle}>
            <Icon name="menu" />
          </button>
          <Logo />
          <span class="nav-text">Traffic</span>
        </div>
        <Nav user={user} current={page} />
      </aside>
      <main id="main" tabIndex={-1}>{children}</main>
      <BottomBar user={user} current={page} />
      {sheet === 'help' && <HelpSheet onClose={() => setSheet(null)} />}
      {sheet === 'search' && <Search onClose={() => setSheet(null)} />}
    </div>
  );
}
