// Every page of the UI: its address, its name, who sees it, and how it is loaded.
import type { ComponentType } from 'preact';
import type { Role } from './api/types';
import { address, here } from './router';
import type { Key } from './ui/i18n';
import type { IconName } from './ui/icon';
import { readView, writeView } from './view';

export interface Page {
  path: string;
  title: Key;
  icon: IconName;
  role: Role; // the least one that sees it
  group: 'numbers' | 'manage' | 'own';
  key: string; // pressed after g
  numbers: boolean; // keeps period, comparison and currency when one goes there
  load: () => Promise<{ default: ComponentType }>;
}

export const pages: readonly Page[] = [
  { path: '/', title: 'nav.overview', icon: 'overview', role: 'viewer', group: 'numbers', key: 'o', numbers: true, load: () => import('./pages/metrics/overview') },
  { path: '/campaigns', title: 'nav.campaigns', icon: 'campaigns', role: 'viewer', group: 'numbers', key: 'c', numbers: true, load: () => import('./pages/metrics/campaigns') },
  { path: '/sales', title: 'nav.sales', icon: 'sales', role: 'viewer', group: 'numbers', key: 's', numbers: true, load: () => import('./pages/sales/sales') },
  { path: '/accounts', title: 'nav.accounts', icon: 'accounts', role: 'targetologist', group: 'manage', key: 'a', numbers: false, load: () => import('./pages/ads/accounts') },
  { path: '/teams', title: 'nav.teams', icon: 'teams', role: 'admin', group: 'manage', key: 't', numbers: false, load: () => import('./pages/teams/teams') },
  { path: '/users', title: 'nav.users', icon: 'user', role: 'admin', group: 'manage', key: 'u', numbers: false, load: () => import('./pages/users/users') },
  { path: '/rules', title: 'nav.rules', icon: 'rules', role: 'admin', group: 'manage', key: 'r', numbers: false, load: () => import('./pages/attribution/rules') },
  { path: '/rates', title: 'nav.rates', icon: 'rates', role: 'admin', group: 'manage', key: 'x', numbers: false, load: () => import('./pages/rates/rates') },
  { path: '/jobs', title: 'nav.jobs', icon: 'jobs', role: 'admin', group: 'manage', key: 'j', numbers: false, load: () => import('./pages/ops/jobs') },
  { path: '/settings', title: 'nav.settings', icon: 'settings', role: 'viewer', group: 'own', key: 'e', numbers: false, load: () => import('./pages/settings/settings') },
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

// Pages of numbers keep the period, the comparison and the currency one came with.
export function addressOf(page: Page): string {
  if (!page.numbers) return page.path;
  const view = readView(here().query);
  return address(page.path, writeView({ ...view, granularity: 'day' }));
}
