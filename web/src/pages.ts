// Every page of the UI: its address, its name, who sees it, and how it is loaded.
import type { ComponentType } from 'preact';
import type { Role } from './api/types';
import { address, here } from './router';
import { atLeast, currentUser } from './session';
import { loadMore, type Key } from './ui/i18n';
import type { IconName } from './ui/icon';
import { readView, writeView } from './view';

export interface Page {
  path: string;
  title: Key;
  icon: IconName;
  role: Role; // the least one that sees it
  group: 'numbers' | 'sources' | 'manage' | 'own';
  key: string; // pressed after g
  numbers: boolean; // keeps period, comparison and currency when one goes there
  load: () => Promise<{ default: ComponentType }>;
}

// The page together with the second part of the words.
function worded(load: Page['load']): Page['load'] {
  return async () => (await Promise.all([load(), loadMore()]))[0];
}

export const pages: readonly Page[] = [
  { path: '/', title: 'nav.overview', icon: 'overview', role: 'viewer', group: 'numbers', key: 'o', numbers: true, load: () => import('./pages/metrics/overview') },
  { path: '/campaigns', title: 'nav.campaigns', icon: 'campaigns', role: 'viewer', group: 'numbers', key: 'c', numbers: true, load: worded(() => import('./pages/metrics/campaigns')) },
  { path: '/leads', title: 'nav.leads', icon: 'leads', role: 'viewer', group: 'numbers', key: 'l', numbers: true, load: worded(() => import('./pages/leads/leads')) },
  { path: '/sales', title: 'nav.sales', icon: 'sales', role: 'viewer', group: 'numbers', key: 's', numbers: true, load: worded(() => import('./pages/sales/sales')) },
  { path: '/sources', title: 'nav.sources', icon: 'sources', role: 'targetologist', group: 'sources', key: 'f', numbers: false, load: worded(() => import('./pages/ops/sources')) },
  { path: '/connections', title: 'nav.connections', icon: 'accounts', role: 'team_lead', group: 'sources', key: 'n', numbers: false, load: worded(() => import('./pages/ops/connections')) },
  { path: '/accounts', title: 'nav.accounts', icon: 'cards', role: 'targetologist', group: 'sources', key: 'a', numbers: false, load: worded(() => import('./pages/ads/accounts')) },
  { path: '/crm-maps', title: 'nav.crm_maps', icon: 'maps', role: 'admin', group: 'sources', key: 'm', numbers: false, load: worded(() => import('./pages/crm/maps')) },
  { path: '/links', title: 'nav.links', icon: 'link', role: 'viewer', group: 'sources', key: 'k', numbers: false, load: worded(() => import('./pages/links/links')) },
  { path: '/inbox', title: 'nav.inbox', icon: 'inbox', role: 'admin', group: 'sources', key: 'i', numbers: false, load: worded(() => import('./pages/core/inbox')) },
  { path: '/imports', title: 'nav.imports', icon: 'upload', role: 'admin', group: 'sources', key: 'p', numbers: false, load: worded(() => import('./pages/imports/imports')) },
  { path: '/diagnostics', title: 'nav.diagnostics', icon: 'pulse', role: 'targetologist', group: 'sources', key: 'd', numbers: false, load: worded(() => import('./pages/ops/diagnostics')) },
  { path: '/teams', title: 'nav.teams', icon: 'teams', role: 'admin', group: 'manage', key: 't', numbers: false, load: worded(() => import('./pages/teams/teams')) },
  { path: '/users', title: 'nav.users', icon: 'user', role: 'admin', group: 'manage', key: 'u', numbers: false, load: worded(() => import('./pages/users/users')) },
  { path: '/rules', title: 'nav.rules', icon: 'rules', role: 'admin', group: 'manage', key: 'r', numbers: false, load: worded(() => import('./pages/attribution/rules')) },
  { path: '/rates', title: 'nav.rates', icon: 'rates', role: 'admin', group: 'manage', key: 'x', numbers: false, load: worded(() => import('./pages/rates/rates')) },
  { path: '/jobs', title: 'nav.jobs', icon: 'jobs', role: 'admin', group: 'manage', key: 'j', numbers: false, load: worded(() => import('./pages/ops/jobs')) },
  { path: '/settings', title: 'nav.settings', icon: 'settings', role: 'viewer', group: 'own', key: 'e', numbers: false, load: worded(() => import('./pages/settings/settings')) },
];

const openPages: readonly { path: string; load: Page['load'] }[] = [
  { path: '/signin', load: () => import('./pages/core/signin') },
  { path: '/setup', load: () => import('./pages/core/setup') },
  { path: '/invite', load: () => import('./pages/core/setup') },
];

export function pageAt(path: string): Page | undefined {
  return pages.find((page) => page.path === path);
}

export function openPageAt(path: string): { path: string; load: Page['load'] } | undefined {
  return openPages.find((page) => page.path === path);
}

// Whether an address leads the user to a page, not to a locked door.
export function isOpen(to: string | null): to is string {
  const page = to === null || !to.startsWith('/') ? undefined : pageAt(to.replace(/[?#].*$/, ''));
  return page !== undefined && atLeast(currentUser(), page.role);
}

// Pages of numbers keep the period, the comparison and the currency one came with.
export function addressOf(page: Page): string {
  if (!page.numbers) return page.path;
  const view = readView(here().query);
  return address(page.path, writeView({ ...view, granularity: 'day' }));
}
