// What became of a file: sums, counts before and after, and the rows that were not simply taken.
import { useState } from 'preact/hooks';
import { imports } from '../../api/sources';
import { toQuery } from '../../api/client';
import type { ImportReport, ImportRow } from '../../api/types';
import { Segments } from '../../ui/button';
import { Details } from '../../ui/details';
import { Dialog } from '../../ui/dialog';
import { fmt, t } from '../../ui/i18n';
import { More } from '../../ui/more';
import { usePaged } from '../../ui/paged';
import { Badge, Block, Empty, Skeleton } from '../../ui/state';
import { DataTable, type Column } from '../../ui/table';
import { At } from '../../ui/when';

const outcomes = ['refused', 'merged', 'taken'] as const;
const kinds: Record<ImportRow['outcome'], 'good' | 'bad' | 'accent'> = { taken: 'good', merged: 'accent', refused: 'bad' };

function columns(): Column<ImportRow>[] {
  return [
    { id: 'line', head: t('imports.line'), cell: (row) => <span class="num">{fmt.number(row.line)}</span> },
    { id: 'outcome', head: t('jobs.outcome'), kind: 'text', cell: (row) => <Badge kind={kinds[row.outcome]}>{t(`imports.row_${row.outcome}`)}</Badge> },
    { id: 'detail', head: t('syncs.detail'), kind: 'text', cell: (row) => <span class="why">{row.detail ?? ''}</span> },
  ];
}

export function Report({ report, name, onClose }: { report: ImportReport; name: string; onClose: () => void }) {
  const [outcome, setOutcome] = useState<(typeof outcomes)[number]>(report.refused > 0 ? 'refused' : report.merged > 0 ? 'merged' : 'taken');
  const params = { outcome, limit: 100 };
  const list = usePaged(`import${report.id}${toQuery(params)}`, (cursor, signal) => imports.rows(report.id, { ...params, cursor }, signal));
  return (
    <Dialog side title={report.file} onClose={onClose}>
      <div class="badges">
        <Badge kind="good">{t('imports.n_taken', { n: report.taken })}</Badge>
        <Badge kind="accent">{t('imports.n_merged', { n: report.merged })}</Badge>
        <Badge kind={report.refused > 0 ? 'bad' : 'quiet'}>{t('imports.n_refused', { n: report.refused })}</Badge>
      </div>
      <h3>{t('imports.summary')}</h3>
      <Details
        rows={[
          [t('imports.kind'), name],
          [t('imports.counts'), `${fmt.number(report.before)} → ${report.after === null ? '…' : fmt.number(report.after)}`],
          [t('jobs.began'), <At at={report.started_at} />],
          [t('imports.ended'), report.finished_at === null ? null : <At at={report.finished_at} />],
        ]}
      />
      <h3>{t('imports.rows')}</h3>
      <div class="filters">
        <Segments label={t('jobs.outcome')} options={outcomes.map((one) => ({ value: one, text: t(`imports.row_${one}`) }))} value={outcome} onChange={setOutcome} />
      </div>
      <Block loaded={list} skeleton={<Skeleton lines={6} />}>
        {() =>
          list.items.length === 0 ? (
            <Empty icon="check" title={t('imports.no_rows')} />
          ) : (
            <>
              <DataTable caption={t('imports.rows')} rows={list.items} columns={columns()} keyOf={(row) => String(row.line)} order={null} onOrder={() => undefined} />
              <More list={list} />
            </>
          )
        }
      </Block>
    </Dialog>
  );
}
