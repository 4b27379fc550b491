// Which version of Meta's API is spoken, and until when it is answered.
import { meta } from '../../../api/sources';
import type { ApiVersions } from '../../../api/types';
import { fmt, t } from '../../../ui/i18n';
import { useLoad } from '../../../ui/load';
import { Badge, Block, Nil, Skeleton } from '../../../ui/state';
import { DataTable, type Column } from '../../../ui/table';

const kinds: Record<ApiVersions['state'], 'good' | 'warn' | 'bad' | 'quiet'> = { ok: 'good', ends_soon: 'warn', ended: 'bad', unknown: 'quiet' };
type Version = ApiVersions['items'][number];

function columns(own: string): Column<Version>[] {
  return [
    { id: 'version', head: t('versions.version'), cell: (one) => <span class="mono">{one.version}{one.version === own ? ` · ${t('versions.ours')}` : ''}</span> },
    { id: 'released', head: t('versions.released'), kind: 'text', priority: 2, cell: (one) => (one.released_on === null ? <Nil why={t('nil.unknown')} /> : fmt.dayFull(one.released_on)) },
    { id: 'ends', head: t('versions.ends'), kind: 'text', cell: (one) => (one.marketing_ends_on === null ? <Nil why={t('versions.no_end')} /> : fmt.dayFull(one.marketing_ends_on)) },
  ];
}

export function Versions() {
  const loaded = useLoad('api-versions', (signal) => meta.versions(signal));
  return (
    <details class="fold">
      <summary>
        {t('versions.title')}{' '}
        {loaded.data && (
          <>
            <span class="mono">{loaded.data.setting}</span>{' '}
            <Badge kind={kinds[loaded.data.state]}>
              {loaded.data.ends_on === null ? t(`versions.${loaded.data.state}`) : t(`versions.${loaded.data.state}_on`, { day: fmt.dayFull(loaded.data.ends_on) })}
            </Badge>
          </>
        )}
      </summary>
      <Block loaded={loaded} skeleton={<Skeleton lines={3} />}>
        {(versions) => (
          <DataTable caption={t('versions.title')} rows={versions.items} columns={columns(versions.setting)} keyOf={(one) => one.version} order={null} onOrder={() => undefined} />
        )}
      </Block>
    </details>
  );
}
