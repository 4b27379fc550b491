// Who is signed in. Tokens live in cookies that no script can read; here is only the person.
import { useEffect, useState } from 'preact/hooks';
import { auth } from './api/endpoints';
import { onSignedOut } from './api/client';
import type { Role, User } from './api/types';
import { address, go, here } from './router';
import { forgetLoaded } from './ui/load';

type SessionState = { user: User | null; known: boolean };

let state: SessionState = { user: null, known: false };
const watchers = new Set<() => void>();

function set(next: SessionState): void {
  state = next;
  for (const watcher of [...watchers]) watcher();
}

export function currentUser(): User | null {
  return state.user;
}

export function setUser(user: User): void {
  set({ user, known: true });
}

export function useSession(): SessionState {
  const [session, setSession] = useState(state);
  useEffect(() => {
    const update = (): void => setSession(state);
    watchers.add(update);
    update();
    return () => {
      watchers.delete(update);
    };
  }, []);
  return session;
}

const order: Role[] = ['viewer', 'targetologist', 'team_lead', 'admin'];
export function atLeast(user: User | null, role: Role): boolean {
  return user !== null && order.indexOf(user.role) >= order.indexOf(role);
}

const openPaths = ['/signin', '/setup', '/invite'];
export function isOpenPath(path: string): boolean {
  return openPaths.includes(path);
}

// The session is over: to the sign-in page, keeping the address to come back to.
function ended(): void {
  const wasIn = state.user !== null;
  set({ user: null, known: true });
  forgetLoaded();
  const { path, query } = here();
  if (isOpenPath(path)) return;
  const back = new URLSearchParams();
  const at = address(path, query);
  if (at !== '/') back.set('next', at);
  if (wasIn) back.set('why', 'expired');
  go(address('/signin', back), 'replace');
}

export async function startSession(): Promise<void> {
  onSignedOut(ended);
  if (isOpenPath(here().path)) {
    set({ user: null, known: true });
    return;
  }
  const { user } = await auth.me();
  setUser(user);
}

export async function signOut(): Promise<void> {
  await auth.logout();
  set({ user: null, known: true });
  forgetLoaded();
  go('/signin?why=out', 'replace');
}
