// What a status of the CRM is worth: a lead, a prepayment, a sale, a loss; of which product, and
// which step of the funnel it is.
import { useMemo, useState } from 'preact/hooks';
import { crm } from '../../api/sources';
import type { CrmStage, CrmStatus, Product, StageRule } from '../../api/types';
import { useAction } from '../../ui/action';
import { t, tMaybe } from '../../ui/i18n';
import { useLoad } from '../../ui/load';
import { Block, Card, Empty, Skeleton } from '../../ui/state';
import { Choose, SaveBar } from './savebar';

const stageNames: readonly CrmStage[] = ['lead', 'prepaid', 'won', 'lost'];
const funnel = ['request', 'qualified', 'registered', 'attended', 'prepaid', 'paid', 'flagman'] as const;
type Changes = { [key: string]: Partial<CrmStatus> };

const keyOf = (row: CrmStatus): string => `${row.pipeline_id}/${row.status_id}`;

// Pipelines in the order they came, each beginning with the row that stands for all its statuses.
export function pipelines(items: readonly CrmStatus[]): { id: string; name: string; rows: CrmStatus[] }[] {
  const found = new Map<string, { id: string; name: string; rows: CrmStatus[] }>();
  for (const row of items) {
    const one = found.get(row.pipeline_id) ?? { id: row.pipeline_id, name: row.pipeline === '' ? row.pipeline_id : row.pipeline, rows: [] };
    one.rows.push(row);
    found.set(row.pipeline_id, one);
  }
  for (const one of found.values()) {
    one.rows.sort((a, b) => (a.status_id === '' ? -1 : b.status_id === '' ? 1 : a.sort - b.sort));
  }
  return [...found.values()];
}

// What is sent: the rows that were changed, each as a whole; the others stay as they are.
export function rulesOf(items: readonly CrmStatus[], changes: Changes): StageRule[] {
  return items
    .filter((row) => keyOf(row) in changes)
    .map((row) => {
      const { pipeline_id, status_id, stage, product, funnel_stage } = { ...row, ...changes[keyOf(row)] };
      return { pipeline_id, status_id, stage, product, funnel_stage };
    });
}

function Row({ row, changed, products, onChange }: { row: CrmStatus; changed: boolean; products: readonly Product[]; onChange: (change: Partial<CrmStatus>) => void }) {
  const name = row.status_id === '' ? t('maps.any_status') : row.name === '' ? row.status_id : row.name;
  const own = row.funnel_stage !== null && !funnel.some((one) => one === row.funnel_stage) ? [{ value: row.funnel_stage, text: row.funnel_stage }] : [];
  return (
    <div class={changed ? 'map-row changed' : 'map-row'}>
      <span class="two-lines">
        <span class="clip" title={name}>{row.status_id === '' ? <b>{name}</b> : name}</span>
        {row.status_id !== '' && <small class="mono">{row.status_id}</small>}
      </span>
      {row.status_id === '' ? (
        <span class="muted">{t('maps.by_status')}</span>
      ) : (
        <Choose
          label={`${t('maps.stage')}: ${name}`}
          value={row.stage}
          options={stageNames.map((one) => ({ value: one, text: t(`maps.stage_${one}`) }))}
          onChange={(value) => onChange({ stage: stageNames.find((one) => one === value) ?? 'lead' })}
        />
      )}
      <Choose
        label={`${t('sale.product')}: ${name}`}
        value={row.product ?? ''}
        options={[{ value: '', text: t('maps.no_product') }, ...products.map((one) => ({ value: one.code, text: one.name }))]}
        onChange={(value) => onChange({ product: value === '' ? null : value })}
      />
      <Choose
        label={`${t('maps.funnel')}: ${name}`}
        value={row.funnel_stage ?? ''}
        options={[{ value: '', text: t('maps.no_funnel') }, ...own, ...funnel.map((one) => ({ value: one, text: tMaybe(`funnel.${one}`) ?? one }))]}
        onChange={(value) => onChange({ funnel_stage: value === '' ? null : value })}
      />
    </div>
  );
}

export function Stages() {
  const loaded = useLoad('crm-statuses', (signal) => crm.statuses(signal));
  const products = useLoad('products', (signal) => crm.products(signal));
  const [changes, setChanges] = useState<Changes>({});
  const action = useAction();
  const items = loaded.data?.items ?? [];
  const groups = useMemo(() => pipelines(items), [loaded.data]);
  const save = (): void =>
    action.run('save', async () => {
      await crm.mapStages(rulesOf(items, changes));
      setChanges({});
      loaded.reload();
      return t('maps.stages_saved');
    });
  return (
    <Card title={t('maps.stages_title')}>
      <p class="muted">{t('maps.stages_lead')}</p>
      <Block loaded={loaded} skeleton={<Skeleton lines={9} />}>
        {() =>
          groups.length === 0 ? (
            <Empty icon="maps" title={t('maps.stages_empty')} text={t('maps.stages_empty_text')}>
              <a class="button primary" href="/connections">{t('sources.to_connections')}</a>
            </Empty>
          ) : (
            groups.map((group) => (
              <section class="map-pipeline" key={group.id}>
                <h3>{group.name}</h3>
                <div class="map-row head" aria-hidden="true">
                  <span>{t('maps.status')}</span>
                  <span>{t('maps.stage')}</span>
                  <span>{t('sale.product')}</span>
                  <span>{t('maps.funnel')}</span>
                </div>
                {group.rows.map((row) => {
                  const key = keyOf(row);
                  return (
                    <Row
                      key={key}
                      row={{ ...row, ...changes[key] }}
                      changed={changes[key] !== undefined}
                      products={products.data?.items ?? []}
                      onChange={(change) => setChanges((before) => ({ ...before, [key]: { ...before[key], ...change } }))}
                    />
                  );
                })}
              </section>
            ))
          )
        }
      </Block>
      <SaveBar count={Object.keys(changes).length} note={t('maps.stages_note')} busy={action.busy !== null} onSave={save} onDrop={() => setChanges({})} />
    </Card>
  );
}
