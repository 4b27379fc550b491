// Where an ad's number comes from: its days, each day's versions, and the platform's own row.
import { useState } from 'preact/hooks';
import { metrics } from '../../api/endpoints';
import { meta } from '../../api/sources';
import { toQuery, type Params } from '../../api/client';
import type { AdVersion, Day, MetricRow } from '../../api/types';
import { Button } from '../../ui/button';
import { isDay } from '../../ui/day';
import { Dialog } from '../../ui/dialog';
import { fmt, t } from '../../ui/i18n';
import { useLoad } from '../../ui/load';
import { Raw } from '../../ui/raw';
import { Badge, Block, Empty, Nil, Skeleton } from '../../ui/state';
import { DataTable, type Column } from '../../ui/table';
import { At } from '../../ui/when';

function versionColumns(currency: string, open: (version: number) => void, shown: number | null): Column<AdVersion>[] {
  return [
    {
      id: 'version',
      head: t('facts.version'),
      cell: (one) => (
        <span class="two-lines">
          <span class="badges"><span class="num">{fmt.number(one.version)}</span>{one.replaced_at === null && <Badge kind="good">{t('facts.current')}</Badge>}</span>
          <small><At at={one.learned_at} /></small>
        </span>
      ),
    },
    { id: 'spend', head: t('metric.spend'), kind: 'number', cell: (one) => fmt.money(one.spend, currency, 2) },
    { id: 'impressions', head: t('metric.impressions_short'), kind: 'number', priority: 2, cell: (one) => fmt.number(one.impressions) },
    { id: 'clicks', head: t('metric.clicks_short'), kind: 'number', priority: 2, cell: (one) => fmt.number(one.clicks) },
    { id: 'leads', head: t('metric.meta_leads_short'), kind: 'number', priority: 3, cell: (one) => fmt.number(one.leads) },
    { id: 'purchases', head: t('metric.meta_purchases_short'), kind: 'number', priority: 3, cell: (one) => fmt.number(one.purchases) },
    { id: 'reach', head: t('facts.reach'), kind: 'number', priority: 3, cell: (one) => (one.reach === null ? <Nil why={t('facts.no_reach')} /> : fmt.number(one.reach)) },
    {
      id: 'raw',
      head: t('raw.title'),
      kind: 'tool',
      cell: (one) => (one.has_raw ? <Button small kind="quiet" onClick={() => open(one.version)}>{shown === one.version ? t('action.hide') : t('raw.short')}</Button> : null),
    },
  ];
}

function RawRow({ ad, day, version }: { ad: string; day: Day; version: number }) {
  const loaded = useLoad(`ad-raw${ad}-${day}-${version}`, (signal) => meta.adRaw(ad, day, version, signal));
  return (
    <Block loaded={loaded} skeleton={<Skeleton lines={6} />}>
      {(raw) => (
        <>
          <p class="aside-line">
            <span>{t('inbox.received')} <At at={raw.received_at} /></span>
            <span class="mono clip" title={raw.sha256}>SHA-256 {raw.sha256}</span>
          </p>
          <Raw body={JSON.stringify(raw.row)} contentType="application/json" />
        </>
      )}
    </Block>
  );
}

function Versions({ ad, day }: { ad: string; day: Day }) {
  const loaded = useLoad(`ad-day${ad}-${day}`, (signal) => meta.adDay(ad, day, signal));
  const [shown, setShown] = useState<number | null>(null);
  return (
    <section>
      <h3>{fmt.dayFull(day)}</h3>
      <Block loaded={loaded} skeleton={<Skeleton lines={3} />}>
        {({ ad: about, versions, currency }) =>
          versions.length === 0 ? (
            <p class="muted">{t('facts.no_versions')}</p>
          ) : (
            <>
              <p class="muted">{about.campaign_name} · {about.ad_set_name} · <span class="mono">{about.external_id}</span></p>
              <p class="muted">{versions.length > 1 ? t('facts.restated', { n: versions.length - 1 }) : t('facts.never_restated')}</p>
              <DataTable
                caption={t('facts.versions')}
                rows={[...versions].sort((a, b) => b.version - a.version)}
                columns={versionColumns(currency, (one) => setShown(shown === one ? null : one), shown)}
                keyOf={(one) => String(one.version)}
                order={null}
                onOrder={() => undefined}
                rowClass={(one) => (one.replaced_at === null ? '' : 'off')}
              />
              {shown !== null && <RawRow ad={ad} day={day} version={shown} />}
            </>
          )
        }
      </Block>
    </section>
  );
}

export function Facts({ row, base, onClose }: { row: MetricRow; base: Params; onClose: () => void }) {
  const query = { ...base, group: 'day', ad: row.key };
  const loaded = useLoad(`metrics${toQuery(query)}`, (signal) => metrics.breakdown(query, signal));
  const [chosen, setChosen] = useState<Day | null>(null);
  return (
    <Dialog side title={row.name ?? row.external_id ?? ''} onClose={onClose}>
      <p class="muted">{t('facts.lead')}</p>
      <Block loaded={loaded} skeleton={<Skeleton lines={7} />}>
        {({ items, currency }) => {
          const days = items.filter((one) => one.key !== null && isDay(one.key));
          const columns: Column<MetricRow>[] = [
            { id: 'day', head: t('group.day'), cell: (one) => <button type="button" class="as-link" aria-expanded={chosen === one.key} onClick={() => setChosen(chosen === one.key ? null : one.key)}>{fmt.dayFull(one.key ?? '')}</button> },
            { id: 'spend', head: t('metric.spend'), kind: 'number', cell: (one) => fmt.money(one.metrics.spend, currency) },
            { id: 'impressions', head: t('metric.impressions_short'), kind: 'number', priority: 2, cell: (one) => fmt.number(one.metrics.impressions) },
            { id: 'clicks', head: t('metric.clicks_short'), kind: 'number', priority: 2, cell: (one) => fmt.number(one.metrics.clicks) },
            { id: 'leads', head: t('metric.leads_short'), kind: 'number', priority: 3, cell: (one) => fmt.number(one.metrics.leads) },
            { id: 'sales', head: t('metric.sales_short'), kind: 'number', priority: 3, cell: (one) => fmt.number(one.metrics.sales) },
          ];
          return (
            <>
              {chosen !== null && row.key !== null && <Versions key={chosen} ad={row.key} day={chosen} />}
              {days.length === 0 ? (
                <Empty icon="calendar" title={t('series.empty')} />
              ) : (
                <>
                  <h3>{t('facts.days')}</h3>
                  <DataTable caption={t('facts.days')} rows={days} columns={columns} keyOf={(one) => one.key ?? ''} order={{ column: 'day', descending: true }} onOrder={() => undefined} />
                </>
              )}
            </>
          );
        }}
      </Block>
    </Dialog>
  );
}
