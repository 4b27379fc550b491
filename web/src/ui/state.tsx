// The states every block has besides its content: skeleton, empty, error, stale.
import type { ComponentChildren, JSX } from 'preact';
import { Button } from './button';
import { errorText, requestId } from './errors';
import { t } from './i18n';
import { Icon, type IconName } from './icon';
import type { Loaded } from './load';

export function Skeleton({ lines = 3, tall = false }: { lines?: number; tall?: boolean }) {
  return (
    <div class={`skeleton${tall ? ' tall' : ''}`} aria-hidden="true">
      {Array.from({ length: lines }, (_, index) => (
        <i key={index} />
      ))}
    </div>
  );
}

export function Empty({ icon, title, text, children }: {
  icon: IconName;
  title: string;
  text?: string;
  children?: ComponentChildren;
}) {
  return (
    <div class="empty">
      <span class="empty-mark"><Icon name={icon} size={24} /></span>
      <h3>{title}</h3>
      {text !== undefined && <p>{text}</p>}
      {children}
    </div>
  );
}

export function ErrorBlock({ error, retry }: { error: unknown; retry: () => void }) {
  const id = requestId(error);
  return (
    <div class="empty bad" role="alert">
      <span class="empty-mark"><Icon name="alert" size={24} /></span>
      <h3>{t('state.error_title')}</h3>
      <p>{errorText(error)}</p>
      <Button icon="refresh" onClick={retry}>{t('action.retry')}</Button>
      {id !== null && <small class="mono">{t('state.request', { id })}</small>}
    </div>
  );
}

export function StaleNote({ error, retry }: { error: unknown; retry: () => void }) {
  return (
    <div class="stale" role="status">
      <Icon name="alert" size={15} />
      <span>{t('state.stale', { why: errorText(error) })}</span>
      <Button kind="quiet" small onClick={retry}>{t('action.retry')}</Button>
    </div>
  );
}

// Shows what was loaded, or the state it is in. Old content stays, dimmed, while new content comes.
export function Block<T>({ loaded, skeleton, children }: {
  loaded: Loaded<T>;
  skeleton?: JSX.Element;
  children: (data: T) => ComponentChildren;
}) {
  if (loaded.data === null) {
    if (loaded.error !== null) return <ErrorBlock error={loaded.error} retry={loaded.reload} />;
    return (
      <div aria-busy="true">
        <span class="sr" role="status">{t('state.loading')}</span>
        {skeleton ?? <Skeleton />}
      </div>
    );
  }
  return (
    <div class={loaded.busy ? 'refreshing' : undefined} aria-busy={loaded.busy}>
      {loaded.error !== null && <StaleNote error={loaded.error} retry={loaded.reload} />}
      {children(loaded.data)}
    </div>
  );
}

export function Badge({ kind, children, tip }: {
  kind: 'good' | 'warn' | 'bad' | 'quiet' | 'accent';
  children: ComponentChildren;
  tip?: string;
}) {
  return (
    <span class={`badge ${kind}`} data-tip={tip}>
      {kind !== 'quiet' && <i aria-hidden="true" />}
      {children}
    </span>
  );
}

// Nothing to show, and why: a dash for the eye, words for the tooltip and the screen reader.
export function Nil({ why }: { why: string | null }) {
  return (
    <span class="nil" data-tip={why ?? undefined}>
      <span aria-hidden="true">—</span>
      <span class="sr">{why ?? t('nil.unknown')}</span>
    </span>
  );
}

export function Card({ title, side, children, class: name }: {
  title?: ComponentChildren;
  side?: ComponentChildren;
  children: ComponentChildren;
  class?: string;
}) {
  return (
    <section class={`card${name === undefined ? '' : ` ${name}`}`}>
      {(title !== undefined || side !== undefined) && (
        <header class="card-head">
          {title !== undefined && <h2>{title}</h2>}
          {side !== undefined && <div class="card-side">{side}</div>}
        </header>
      )}
      {children}
    </section>
  );
}
