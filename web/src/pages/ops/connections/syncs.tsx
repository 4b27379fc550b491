// Reading deals back from amoCRM: what the webhooks lost is found here, deal by deal.
import { useState } from 'preact/hooks';
import { crm } from '../../../api/sources';
import { toQuery } from '../../../api/client';
import type { CrmSync, CrmSyncResult } from '../../../api/types';
import { reportZone } from '../../../live';
import { Button, Segments } from '../../../ui/button';
import { addDays, dayAt } from '../../../ui/day';
import { DayField } from '../../../ui/daypick';
import { Dialog } from '../../../ui/dialog';
import { FormEnd, useForm, type FieldErrors } from '../../../ui/form';
import { fmt, t } from '../../../ui/i18n';
import { useLoad } from '../../../ui/load';
import { More } from '../../../ui/more';
import { usePaged } from '../../../ui/paged';
import { soon, usePoll } from '../../../ui/poll';
import { Progress } from '../../../ui/progress';
import { Badge, Block, Card, Empty, Skeleton } from '../../../ui/state';
import { DataTable, type Column } from '../../../ui/table';
import { toast } from '../../../ui/toast';
import { At } from '../../../ui/when';

const stateKinds: Record<CrmSync['state'], 'good' | 'bad' | 'accent'> = { ok: 'good', failed: 'bad', running: 'accent' };
const resultKinds: Record<CrmSyncResult['outcome'], 'good' | 'warn' | 'bad' | 'quiet' | 'accent'> = { same: 'quiet', missed: 'warn', changed: 'accent', failed: 'bad', waiting: 'quiet' };
const outcomes = ['all', 'missed', 'changed', 'failed', 'same', 'waiting'] as const;

function Bulk({ onDone, onClose }: { onDone: () => void; onClose: () => void }) {
  const today = dayAt(Date.now(), reportZone);
  const form = useForm({
    initial: { from: addDays(today, -29), to: today },
    check: ({ from, to }) => {
      const wrong: FieldErrors = {};
      if (to < from) wrong['to'] = t('field.before_from');
      return wrong;
    },
    send: async ({ from, to }) => {
      await crm.sync(from, to);
      toast(t('syncs.started'));
      onDone();
    },
    overrides: { conflict: 'syncs.conflict' },
  });
  const { values, set, errors } = form;
  return (
    <Dialog title={t('syncs.bulk')} onClose={onClose}>
      <form onSubmit={form.submit} novalidate>
        <p class="muted">{t('syncs.bulk_text')}</p>
        <div class="form-row">
          <DayField label={t('bindings.from')} future={false} value={values.from} error={errors['from']} onChange={(from) => from !== null && set({ from })} />
          <DayField label={t('bindings.to')} future={false} value={values.to} error={errors['to']} onChange={(to) => to !== null && set({ to })} />
        </div>
        <FormEnd form={form} action={t('syncs.start')} onCancel={onClose} />
      </form>
    </Dialog>
  );
}

function resultColumns(): Column<CrmSyncResult>[] {
  return [
    { id: 'deal', head: t('sale.deal'), cell: (row) => (row.sale_id === null ? <span class="mono">{row.deal_id}</span> : <a class="mono" href={`/sales?sale=${row.sale_id}`}>{row.deal_id}</a>) },
    { id: 'outcome', head: t('jobs.outcome'), kind: 'text', cell: (row) => <Badge kind={resultKinds[row.outcome]}>{t(`syncs.${row.outcome}`)}</Badge> },
    { id: 'detail', head: t('syncs.detail'), kind: 'text', priority: 2, cell: (row) => <span class="why">{row.detail ?? ''}</span> },
    { id: 'at', head: t('syncs.at'), kind: 'text', priority: 3, cell: (row) => <At at={row.at} /> },
  ];
}

function Results({ sync, onClose }: { sync: CrmSync; onClose: () => void }) {
  const [outcome, setOutcome] = useState<(typeof outcomes)[number]>('all');
  const params = { outcome: outcome === 'all' ? null : outcome, limit: 100 };
  const list = usePaged(`sync${sync.id}${toQuery(params)}`, (cursor, signal) => crm.results(sync.id, { ...params, cursor }, signal));
  return (
    <Dialog side title={t('syncs.results', { n: sync.id })} onClose={onClose}>
      {sync.error !== null && <p class="note bad"><span>{sync.error}</span></p>}
      <div class="filters">
        <Segments label={t('jobs.outcome')} options={outcomes.map((one) => ({ value: one, text: t(`syncs.${one}`) }))} value={outcome} onChange={setOutcome} />
      </div>
      <Block loaded={list} skeleton={<Skeleton lines={8} />}>
        {() =>
          list.items.length === 0 ? (
            <Empty icon="check" title={t('syncs.no_results')} />
          ) : (
            <>
              <DataTable caption={t('syncs.results', { n: sync.id })} rows={list.items} columns={resultColumns()} keyOf={(row) => row.deal_id} order={null} onOrder={() => undefined} />
              <More list={list} />
            </>
          )
        }
      </Block>
    </Dialog>
  );
}

function Found({ sync }: { sync: CrmSync }) {
  if (sync.state === 'running') {
    return <Progress label={t('syncs.title')} progress={{ done: sync.seen - sync.waiting, total: sync.seen, text: null, started_at: sync.started_at }} />;
  }
  return (
    <span class="badges">
      <small class="num">{t('syncs.seen', { n: sync.seen })}</small>
      {sync.missed > 0 && <Badge kind="warn">{t('syncs.n_missed', { n: sync.missed })}</Badge>}
      {sync.changed > 0 && <Badge kind="accent">{t('syncs.n_changed', { n: sync.changed })}</Badge>}
      {sync.failed > 0 && <Badge kind="bad">{t('syncs.n_failed', { n: sync.failed })}</Badge>}
      {sync.missed + sync.changed + sync.failed === 0 && <Badge kind="good">{t('syncs.all_same')}</Badge>}
    </span>
  );
}

function columns(open: (sync: CrmSync) => void): Column<CrmSync>[] {
  return [
    {
      id: 'at',
      head: t('jobs.began'),
      cell: (sync) => (
        <span class="two-lines">
          <At at={sync.started_at} />
          <small>{t(`syncs.kind_${sync.kind}`)}</small>
        </span>
      ),
    },
    { id: 'state', head: t('sources.state'), kind: 'text', cell: (sync) => <Badge kind={stateKinds[sync.state]}>{t(`syncs.state_${sync.state}`)}</Badge> },
    { id: 'found', head: t('syncs.found'), kind: 'text', cell: (sync) => <Found sync={sync} /> },
    { id: 'period', head: t('period.title'), kind: 'text', priority: 3, cell: (sync) => fmt.range(dayAt(sync.from_at, reportZone), dayAt(sync.to_at, reportZone)) },
    { id: 'open', head: t('syncs.open'), kind: 'tool', cell: (sync) => <Button small kind="quiet" onClick={() => open(sync)}>{t('syncs.open')}</Button> },
  ];
}

export function Syncs() {
  const loaded = useLoad('crm-syncs', (signal) => crm.syncs(signal));
  const [doing, setDoing] = useState<'bulk' | number | null>(null);
  const running = loaded.data?.items.some((sync) => sync.state === 'running') ?? false;
  usePoll(running ? soon : null, loaded.reload);
  const open = loaded.data?.items.find((sync) => sync.id === doing);
  const done = (): void => {
    setDoing(null);
    loaded.reload();
  };
  return (
    <Card title={t('syncs.title')} side={<Button icon="refresh" onClick={() => setDoing('bulk')}>{t('syncs.bulk')}</Button>}>
      <p class="muted">{t('syncs.lead')}</p>
      <Block loaded={loaded} skeleton={<Skeleton lines={4} />}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty icon="refresh" title={t('syncs.empty')} text={t('syncs.empty_text')} />
          ) : (
            <DataTable caption={t('syncs.title')} rows={items} columns={columns((sync) => setDoing(sync.id))} keyOf={(sync) => String(sync.id)} order={null} onOrder={() => undefined} />
          )
        }
      </Block>
      {doing === 'bulk' && <Bulk onDone={done} onClose={() => setDoing(null)} />}
      {open && <Results sync={open} onClose={() => setDoing(null)} />}
    </Card>
  );
}
