// Tables from files: what was taken, what was merged, what was refused and why, row by row.
import '../../kit_more';
import { useState } from 'preact/hooks';
import { imports } from '../../api/sources';
import type { ImportReport } from '../../api/types';
import { PageHead } from '../../shell/head';
import { Button } from '../../ui/button';
import { fmt, t, tMaybe } from '../../ui/i18n';
import { useLoad } from '../../ui/load';
import { Badge, Block, Card, Empty, Skeleton } from '../../ui/state';
import { DataTable, type Column } from '../../ui/table';
import { At } from '../../ui/when';
import { Report } from './report';
import { Upload } from './upload';

export function kindName(kind: string): string {
  return tMaybe(`imports.kind_${kind}`) ?? kind;
}

function columns(open: (report: ImportReport) => void): Column<ImportReport>[] {
  return [
    {
      id: 'file',
      head: t('imports.file'),
      cell: (one) => (
        <span class="two-lines">
          <button type="button" class="as-link clip" title={one.file} onClick={() => open(one)}>{one.file}</button>
          <small>{kindName(one.kind)}</small>
        </span>
      ),
    },
    { id: 'at', head: t('jobs.began'), kind: 'text', priority: 2, cell: (one) => <At at={one.started_at} /> },
    { id: 'taken', head: t('imports.taken'), kind: 'number', cell: (one) => fmt.number(one.taken) },
    { id: 'merged', head: t('imports.merged'), hint: t('imports.merged_hint'), kind: 'number', priority: 2, cell: (one) => fmt.number(one.merged) },
    { id: 'refused', head: t('imports.refused'), kind: 'number', cell: (one) => (one.refused > 0 ? <Badge kind="bad">{fmt.number(one.refused)}</Badge> : <span class="muted">{fmt.number(0)}</span>) },
    { id: 'counts', head: t('imports.counts'), hint: t('imports.counts_hint'), kind: 'number', priority: 3, cell: (one) => `${fmt.number(one.before)} → ${one.after === null ? '…' : fmt.number(one.after)}` },
  ];
}

export default function ImportsPage() {
  const loaded = useLoad('imports', (signal) => imports.list(signal));
  const [open, setOpen] = useState<ImportReport | null>(null);
  return (
    <>
      <PageHead title={t('nav.imports')} lead={t('imports.lead')} />
      <Upload
        onDone={(report) => {
          setOpen(report);
          loaded.reload();
        }}
      />
      <Card title={t('imports.history')} side={<Button small kind="quiet" icon="refresh" label={t('diagnostics.again')} onClick={loaded.reload} />}>
        <Block loaded={loaded} skeleton={<Skeleton lines={4} />}>
          {({ items }) =>
            items.length === 0 ? (
              <Empty icon="upload" title={t('imports.empty')} text={t('imports.empty_text')} />
            ) : (
              <DataTable caption={t('imports.history')} rows={items} columns={columns(setOpen)} keyOf={(one) => String(one.id)} order={null} onOrder={() => undefined} />
            )
          }
        </Block>
      </Card>
      {open && <Report key={open.id} report={open} name={kindName(open.kind)} onClose={() => setOpen(null)} />}
    </>
  );
}
