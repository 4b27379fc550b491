// The overview: problems first, then the numbers, their course, and who made them.
import '../../kit';
import { metrics } from '../../api/endpoints';
import type { Params } from '../../api/client';
import type { Overview } from '../../api/types';
import { noteFreshness, setReportZone } from '../../live';
import { usePlace } from '../../router';
import { atLeast, currentUser } from '../../session';
import { PageHead } from '../../shell/head';
import { t } from '../../ui/i18n';
import { Icon } from '../../ui/icon';
import { takePrefetched, useLoad } from '../../ui/load';
import { changeView, PeriodBar } from '../../ui/periodbar';
import { Block, Card, Empty, Skeleton } from '../../ui/state';
import { overviewKey, overviewParams, readView, type View } from '../../view';
import { Changed } from './changed';
import { Kpis, KpiSkeleton } from './kpis';
import { Path } from './path';
import { Problems } from './problems';
import { Products } from './products';
import { TeamsCard } from './teams';
import { TimeSeries } from './timeseries';

async function fetchOverview(query: Params, signal: AbortSignal): Promise<Overview> {
  const overview = await (takePrefetched<Overview>(overviewKey(query)) ?? metrics.overview(query, signal));
  setReportZone(overview.tz);
  noteFreshness(overview.freshness);
  return overview;
}

function isBlank({ totals, freshness }: Overview): boolean {
  return totals.spend === 0 && totals.sales === 0 && totals.leads === 0 && totals.revenue === 0 &&
    freshness.sources.every((source) => source.last_ok_at === null || source.source === 'rates');
}

function FirstSteps() {
  if (!atLeast(currentUser(), 'admin')) {
    return (
      <Card>
        <Empty icon="overview" title={t('overview.blank_title')} text={t('overview.blank_wait')} />
      </Card>
    );
  }
  return (
    <Card>
      <Empty icon="accounts" title={t('overview.blank_title')} text={t('overview.blank_text')}>
        <a class="button primary" href="/connections"><Icon name="plus" size={17} /><span>{t('overview.blank_action')}</span></a>
      </Empty>
    </Card>
  );
}

// Somebody who is in no team sees nobody's numbers.
function hasNoTeam(overview: Overview): boolean {
  return overview.teams.length === 0 && currentUser()?.team_id === null && !atLeast(currentUser(), 'admin');
}

function NoTeam() {
  return (
    <Card>
      <Empty icon="teams" title={t('overview.no_team')} text={t('overview.no_team_text')} />
    </Card>
  );
}

function Loading() {
  return (
    <>
      <KpiSkeleton />
      <div class="row">
        <Card><Skeleton lines={1} tall /></Card>
        <Card><Skeleton lines={5} /></Card>
      </div>
      <Card><Skeleton lines={5} /></Card>
    </>
  );
}

function TeamChip({ view, overview }: { view: View; overview: Overview }) {
  if (view.team === null) return null;
  const name = overview.teams.find((team) => team.team_id === view.team)?.name;
  return (
    <p class="filter-chips">
      <span class="chip">
        {t('overview.only_team', { name: name ?? String(view.team) })}
        <button type="button" class="icon-button" aria-label={t('overview.all_teams')} data-tip={t('overview.all_teams')} onClick={() => changeView({ team: null })}>
          <Icon name="close" size={14} />
        </button>
      </span>
      <a href={`/campaigns?team=${view.team}`}>{t('overview.its_campaigns')}</a>
    </p>
  );
}

function Content({ overview, view }: { overview: Overview; view: View }) {
  return (
    <>
      <Kpis overview={overview} />
      <div class="row">
        <TimeSeries overview={overview} view={view} />
        <Path overview={overview} />
      </div>
      <TeamsCard overview={overview} view={view} />
      <div class="row">
        <Changed overview={overview} />
        <Products overview={overview} />
      </div>
    </>
  );
}

export default function OverviewPage() {
  const { query } = usePlace();
  const view = readView(query);
  const params = overviewParams(view);
  const loaded = useLoad(overviewKey(params), (signal) => fetchOverview(params, signal), true);
  return (
    <>
      <PageHead title={t('nav.overview')}>
        <PeriodBar view={view} shown={loaded.busy ? undefined : loaded.data?.period} />
      </PageHead>
      <Block loaded={loaded} skeleton={<Loading />}>
        {(overview) => (
          <>
            <Problems problems={overview.freshness.problems} />
            <TeamChip view={view} overview={overview} />
            {hasNoTeam(overview) ? <NoTeam /> : isBlank(overview) ? <FirstSteps /> : <Content overview={overview} view={view} />}
          </>
        )}
      </Block>
    </>
  );
}

