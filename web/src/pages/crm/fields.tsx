// Which of the CRM's own fields carry UTM tags, and which one says that a deal is prepaid.
import { useState } from 'preact/hooks';
import { crm } from '../../api/sources';
import type { CrmField } from '../../api/types';
import { useAction } from '../../ui/action';
import { Filter, matches } from '../../ui/form';
import { t } from '../../ui/i18n';
import { useLoad } from '../../ui/load';
import { Badge, Block, Card, Empty, Skeleton } from '../../ui/state';
import { DataTable, type Column } from '../../ui/table';
import { Choose, SaveBar } from './savebar';

const codes = ['UTM_SOURCE', 'UTM_MEDIUM', 'UTM_CAMPAIGN', 'UTM_CONTENT', 'UTM_TERM', 'FBCLID', 'PREPAID'] as const;
type Changes = { [id: string]: string | null };

// Two fields cannot carry the same tag: the first one keeps it.
export function doubled(items: readonly CrmField[], changes: Changes): string[] {
  const used = items.map((field) => (field.external_id in changes ? changes[field.external_id] : field.utm_code) ?? null);
  return codes.filter((code) => used.filter((one) => one === code).length > 1);
}

function columns(changes: Changes, onChange: (id: string, code: string | null) => void): Column<CrmField>[] {
  const valueOf = (field: CrmField): string | null => (field.external_id in changes ? (changes[field.external_id] ?? null) : field.utm_code);
  return [
    {
      id: 'name',
      head: t('maps.field'),
      cell: (field) => (
        <span class="two-lines">
          <span class="clip" title={field.name}>{field.name}</span>
          <small class="mono">{field.code ?? field.external_id}</small>
        </span>
      ),
    },
    { id: 'kind', head: t('maps.kind'), kind: 'text', priority: 3, cell: (field) => <span class="muted">{field.kind}</span> },
    {
      id: 'code',
      head: t('maps.carries'),
      kind: 'text',
      cell: (field) => (
        <Choose
          label={`${t('maps.carries')}: ${field.name}`}
          value={valueOf(field) ?? ''}
          options={[{ value: '', text: t('maps.nothing') }, ...codes.map((code) => ({ value: code, text: t(`maps.code_${code}`) }))]}
          onChange={(code) => onChange(field.external_id, code === '' ? null : code)}
        />
      ),
    },
    { id: 'state', head: t('sources.state'), kind: 'tool', cell: (field) => (field.external_id in changes ? <Badge kind="accent">{t('maps.changed')}</Badge> : null) },
  ];
}

export function Fields() {
  const loaded = useLoad('crm-fields', (signal) => crm.fields(signal));
  const [changes, setChanges] = useState<Changes>({});
  const [find, setFind] = useState('');
  const action = useAction();
  const items = loaded.data?.items ?? [];
  const twice = doubled(items, changes);
  const save = (): void =>
    action.run('save', async () => {
      await crm.mapFields(Object.entries(changes).map(([external_id, utm_code]) => ({ external_id, utm_code })));
      setChanges({});
      loaded.reload();
      return t('maps.fields_saved');
    });
  return (
    <Card title={t('maps.fields_title')} side={<Filter value={find} onInput={setFind} label={t('maps.find_field')} />}>
      <p class="muted">{t('maps.fields_lead')}</p>
      <Block loaded={loaded} skeleton={<Skeleton lines={7} />}>
        {() =>
          items.length === 0 ? (
            <Empty icon="maps" title={t('maps.fields_empty')} text={t('maps.stages_empty_text')} />
          ) : (
            <DataTable
              caption={t('maps.fields_title')}
              rows={items.filter((field) => matches(find, field.name, field.code, field.external_id))}
              columns={columns(changes, (id, code) => setChanges((before) => ({ ...before, [id]: code })))}
              keyOf={(field) => field.external_id}
              order={null}
              onOrder={() => undefined}
            />
          )
        }
      </Block>
      <SaveBar
        count={Object.keys(changes).length}
        note={twice.length > 0 ? t('maps.twice', { codes: twice.join(', ') }) : t('maps.fields_note')}
        busy={action.busy !== null}
        onSave={save}
        onDrop={() => setChanges({})}
      />
    </Card>
  );
}
