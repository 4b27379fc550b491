// The top of every page: title, the page's controls, and on the right how fresh the data is.
import type { ComponentChildren } from 'preact';
import type { Source } from '../api/types';
import { reportZone, useFreshness } from '../live';
import { atLeast, currentUser } from '../session';
import { fmt, t } from '../ui/i18n';
import { Icon } from '../ui/icon';
import { Popover } from '../ui/popover';
import { openSheet } from './keys';

const kinds: Record<Source['state'], string> = { fresh: 'good', stale: 'warn', failed: 'bad', never: 'quiet' };

function sourceTime(source: Source): string {
  return source.last_ok_at === null ? t('fresh.never_short') : fmt.time(source.last_ok_at, reportZone);
}

function Freshness() {
  const fresh = useFreshness();
  if (!fresh) return <span class="freshness asking" role="status"><span class="sr">{t('fresh.asking')}</span></span>;
  return (
    <Popover
      class="freshness"
      align="end"
      spoken
      label={t('fresh.title')}
      button={fresh.sources.map((source) => (
        <span key={source.source} class={`source ${source.source}`}>
          <i class={`dot ${kinds[source.state]}`} aria-hidden="true" />
          {t(`source.${source.source}`)} <span class="num">{sourceTime(source)}</span>
          <span class="sr">{t(`fresh.${source.state}`)}</span>
        </span>
      ))}
    >
      {() => (
        <div class="fresh-list">
          <h2>{t('fresh.title')}</h2>
          {fresh.sources.map((source) => (
            <div key={source.source}>
              <i class={`dot ${kinds[source.state]}`} aria-hidden="true" />
              <p>
                <b>{t(`source.${source.source}`)}</b>
                <span>{t(`fresh.${source.state}`)}</span>
                <small>
                  {source.last_ok_at === null
                    ? t('fresh.never_long')
                    : t('fresh.last', { when: fmt.moment(source.last_ok_at, reportZone), ago: fmt.ago(source.last_ok_at, Date.now()) })}
                </small>
                {source.error !== null && <small class="bad">{source.error}</small>}
              </p>
            </div>
          ))}
          <footer>
            {atLeast(currentUser(), 'targetologist') && <a href="/sources">{t('fresh.all')}</a>}
            <span>{t('fresh.zone', { zone: reportZone })}</span>
          </footer>
        </div>
      )}
    </Popover>
  );
}

export function PageHead({ title, lead, children }: {
  title: string;
  lead?: string;
  children?: ComponentChildren;
}) {
  return (
    <header class="page-head">
      <div class="page-title">
        <h1>{title}</h1>
        {lead !== undefined && <p>{lead}</p>}
      </div>
      {children}
      <div class="page-side">
        <Freshness />
        <button type="button" class="icon-button framed" aria-label={t('search.title')} data-tip={`${t('search.title')}  /`} onClick={() => openSheet('search')}>
          <Icon name="search" />
        </button>
      </div>
    </header>
  );
}
