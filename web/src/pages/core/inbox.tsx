// The inbox: every event that came in, as it came, what became of it, and a way to take it again.
import '../../kit_more';
import { useState } from 'preact/hooks';
import { inbox } from '../../api/sources';
import { toQuery } from '../../api/client';
import type { Day, InboxEvent, InboxList, InboxState, List } from '../../api/types';
import { setQuery, usePlace } from '../../router';
import { PageHead } from '../../shell/head';
import { useAction } from '../../ui/action';
import { Button, Segments } from '../../ui/button';
import { isDay } from '../../ui/day';
import { DayPick } from '../../ui/daypick';
import { Confirm } from '../../ui/dialog';
import { Filter } from '../../ui/form';
import { fmt, t, tMaybe } from '../../ui/i18n';
import { useLoad } from '../../ui/load';
import { More } from '../../ui/more';
import { usePaged } from '../../ui/paged';
import { later, soon, usePoll } from '../../ui/poll';
import { Pick } from '../../ui/popover';
import { Badge, Block, Card, Empty, Skeleton } from '../../ui/state';
import { DataTable, type Column } from '../../ui/table';
import { Ago } from '../../ui/when';
import { choice } from '../../view';
import { DriftCard } from './drift';
import { EventDrawer, signatureKinds, stateKinds } from './event';

const stateFilters = ['all', 'parked', 'new', 'done'] as const;
const signatures = ['all', 'ok', 'bad', 'none'] as const;
const sourceNames = ['all', 'amocrm', 'amocrm.read', 'leadgen', 'leadgen.read', 'lead', 'event', 'whatsapp'] as const;

function readDay(text: string | null): Day | null {
  return text !== null && isDay(text) ? text : null;
}

function columns(open: (event: InboxEvent) => void): Column<InboxEvent>[] {
  return [
    {
      id: 'id',
      head: t('inbox.event'),
      cell: (event) => (
        <span class="two-lines">
          <button type="button" class="as-link clip" onClick={() => open(event)}>{event.subject ?? t('inbox.number', { n: String(event.id) })}</button>
          <small>{tMaybe(`inbox.source_${event.source}`) ?? event.source}</small>
        </span>
      ),
    },
    { id: 'state', head: t('sources.state'), kind: 'text', cell: (event) => <Badge kind={stateKinds[event.state]}>{t(`inbox.${event.state}`)}</Badge> },
    {
      id: 'outcome',
      head: t('jobs.outcome'),
      kind: 'text',
      priority: 2,
      cell: (event) => (event.error !== null ? <span class="bad clip" title={event.error}>{event.error}</span> : <span class="clip" title={event.outcome ?? ''}>{event.outcome ?? ''}</span>),
    },
    { id: 'signature', head: t('inbox.signature'), kind: 'text', priority: 3, cell: (event) => <Badge kind={signatureKinds[event.signature]}>{t(`inbox.signature_${event.signature}`)}</Badge> },
    { id: 'tries', head: t('inbox.tries'), kind: 'number', priority: 3, cell: (event) => fmt.number(event.attempts) },
    { id: 'at', head: t('inbox.received'), kind: 'text', priority: 2, cell: (event) => <Ago at={event.received_at} /> },
  ];
}

function Counts({ counts, chosen }: { counts: InboxList['counts']; chosen: string }) {
  const order: InboxState[] = ['parked', 'new', 'done'];
  return (
    <div class="counts">
      {order.map((state) => (
        <button
          type="button"
          key={state}
          class={counts[state] === 0 ? 'count none' : 'count'}
          aria-pressed={chosen === state}
          onClick={() => setQuery({ state: chosen === state ? null : state })}
        >
          <b class="num">{fmt.number(counts[state])}</b>
          <Badge kind={stateKinds[state]}>{t(`inbox.${state}`)}</Badge>
        </button>
      ))}
    </div>
  );
}

export default function InboxPage() {
  const { query } = usePlace();
  const state = choice(query.get('state'), stateFilters, 'all');
  const signature = choice(query.get('signature'), signatures, 'all');
  const source = query.get('source') ?? 'all';
  const find = query.get('q') ?? '';
  const from = readDay(query.get('from'));
  const to = readDay(query.get('to'));
  const [shown, setShown] = useState<number | null>(Number(query.get('event')) || null);
  const [asking, setAsking] = useState(false);
  const [counts, setCounts] = useState<InboxList['counts'] | null>(null);
  const action = useAction();
  const params = { state: state === 'all' ? null : state, signature: signature === 'all' ? null : signature, source: source === 'all' ? null : source, q: find, from, to, limit: 50 };
  const fetchPage = async (cursor: string | null, signal: AbortSignal): Promise<List<InboxEvent>> => {
    const page = await inbox.list({ ...params, cursor }, signal);
    setCounts(page.counts);
    return page;
  };
  const list = usePaged(`inbox${toQuery(params)}`, fetchPage);
  const drift = useLoad('drift', (signal) => inbox.drift(signal));
  usePoll((counts?.new ?? 0) > 0 ? soon : later, () => {
    if (list.items.length <= 50) list.reload();
  });
  const replayAll = (): void =>
    action.run('all', async () => {
      const { count } = await inbox.replayAll({ state: 'parked', ...(source === 'all' ? {} : { source }) });
      setAsking(false);
      list.reload();
      return t('inbox.replay_started', { n: count });
    });
  const known: readonly string[] = sourceNames;
  const sourceOptions = known.includes(source) ? known : [...known, source];
  return (
    <>
      <PageHead title={t('nav.inbox')} lead={t('inbox.lead')} />
      {drift.data && drift.data.items.length > 0 && <DriftCard items={drift.data.items} />}
      {counts && <Counts counts={counts} chosen={state} />}
      <Card
        title={t('inbox.title')}
        side={
          <>
            <Filter value={find} onInput={(q) => setQuery({ q: q === '' ? null : q })} label={t('inbox.find')} />
            {(counts?.parked ?? 0) > 0 && <Button icon="restore" onClick={() => setAsking(true)}>{t('inbox.replay_parked')}</Button>}
          </>
        }
      >
        <div class="filters">
          <Segments label={t('sources.state')} options={stateFilters.map((one) => ({ value: one, text: t(`inbox.${one}`) }))} value={state} onChange={(next) => setQuery({ state: next === 'all' ? null : next })} />
          <Pick label={t('inbox.source')} options={sourceOptions.map((one) => ({ value: one, text: tMaybe(`inbox.source_${one}`) ?? one }))} value={source} onChange={(next) => setQuery({ source: next === 'all' ? null : next })} />
          <Pick label={t('inbox.signature_label')} options={signatures.map((one) => ({ value: one, text: t(`inbox.signature_${one}`) }))} value={signature} onChange={(next) => setQuery({ signature: next === 'all' ? null : next })} />
          <DayPick label={t('bindings.from')} none={t('inbox.from_start')} future={false} value={from} onChange={(day) => setQuery({ from: day })} />
          <DayPick label={t('bindings.to')} none={t('inbox.to_now')} future={false} value={to} onChange={(day) => setQuery({ to: day })} />
        </div>
        <Block loaded={list} skeleton={<Skeleton lines={9} />}>
          {() =>
            list.items.length === 0 ? (
              <Empty icon="inbox" title={t('inbox.empty')} text={t('inbox.empty_text')} />
            ) : (
              <>
                <DataTable caption={t('inbox.title')} rows={list.items} columns={columns((event) => setShown(event.id))} keyOf={(event) => String(event.id)} order={null} onOrder={() => undefined} />
                <More list={list} />
              </>
            )
          }
        </Block>
      </Card>
      {shown !== null && <EventDrawer id={shown} onChange={list.reload} onClose={() => setShown(null)} />}
      {asking && (
        <Confirm
          title={t('inbox.replay_title')}
          text={t('inbox.replay_text', { n: counts?.parked ?? 0 })}
          action={t('inbox.replay_parked')}
          busy={action.busy !== null}
          error={null}
          onConfirm={replayAll}
          onClose={() => setAsking(false)}
        />
      )}
    </>
  );
}
