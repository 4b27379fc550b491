// The UTM rules: an ordered list, the first that fits decides. Saving makes a new version and
// counts history anew.
import '../../kit_more';
import { useEffect, useState } from 'preact/hooks';
import { rules } from '../../api/endpoints';
import { crm } from '../../api/sources';
import type { CrmUser, Rule, RuleForm, RuleKind, RuleSet, Team } from '../../api/types';
import { reportZone } from '../../live';
import { PageHead } from '../../shell/head';
import { Button } from '../../ui/button';
import { DayPick } from '../../ui/daypick';
import { FormEnd, TextField, useForm, type FieldErrors } from '../../ui/form';
import { fmt, t } from '../../ui/i18n';
import { Icon } from '../../ui/icon';
import { useLoad } from '../../ui/load';
import { Block, Card, Empty, Skeleton } from '../../ui/state';
import { teamOptions, useTeams } from '../../ui/teampick';
import { toast } from '../../ui/toast';

const kinds: readonly RuleKind[] = ['exact', 'alias', 'prefix', 'suffix', 'campaign', 'ad', 'responsible'];

interface Draft extends RuleForm {
  id: number; // for the eye only: keeps a row itself while it moves
}

let lastId = 0;

function toDraft({ kind, value, team_id, user_id, valid_from, valid_to }: Rule): Draft {
  return { id: ++lastId, kind, value, team_id, user_id, valid_from, valid_to };
}

export function moved<T>(list: readonly T[], from: number, to: number): T[] {
  const next = [...list];
  const [taken] = next.splice(from, 1);
  if (taken !== undefined) next.splice(to, 0, taken);
  return next;
}

function faultOf(draft: Draft): string | null {
  if (draft.value.trim() === '') return t('rules.no_value');
  if (draft.team_id === 0) return t('field.team_missing');
  if (draft.valid_from !== null && draft.valid_to !== null && draft.valid_to < draft.valid_from) return t('field.before_from');
  return null;
}

// What the rule looks for: a person of the CRM is chosen, everything else is written.
function Value({ draft, label, invalid, onChange }: { draft: Draft; label: string; invalid: boolean; onChange: (value: string) => void }) {
  const people = useLoad(draft.kind === 'responsible' ? 'crm-users' : null, (signal) => crm.users(signal));
  const known: CrmUser[] = people.data?.items ?? [];
  if (draft.kind !== 'responsible' || known.length === 0) {
    return (
      <input
        class="input mono"
        aria-label={label}
        aria-invalid={invalid}
        placeholder={t(`rule.${draft.kind}_example`)}
        value={draft.value}
        spellcheck={false}
        onInput={(event) => onChange(event.currentTarget.value)}
      />
    );
  }
  const strange = draft.value !== '' && !known.some((one) => one.external_id === draft.value);
  return (
    <div class="select">
      <select class="input" aria-label={label} aria-invalid={invalid} value={draft.value} onChange={(event) => onChange(event.currentTarget.value)}>
        <option value="">{t('rules.choose_person')}</option>
        {strange && <option value={draft.value}>{draft.value}</option>}
        {known.map((one) => <option value={one.external_id} key={one.external_id}>{one.name}</option>)}
      </select>
      <Icon name="down" size={15} />
    </div>
  );
}

interface RowProps {
  draft: Draft;
  index: number;
  count: number;
  teams: readonly Team[];
  fault: string | null;
  onChange: (changes: Partial<Draft>) => void;
  onMove: (to: number) => void;
  onRemove: () => void;
}

function Row({ draft, index, count, teams, fault, onChange, onMove, onRemove }: RowProps) {
  const place = t('rules.place', { n: index + 1 });
  return (
    <li class={fault === null ? 'rule' : 'rule wrong'}>
      <span class="rule-place num" aria-label={place}>{index + 1}</span>
      <div class="select">
        <select class="input" aria-label={`${place}, ${t('rules.kind')}`} value={draft.kind} onChange={(event) => onChange({ kind: kinds.find((kind) => kind === event.currentTarget.value) ?? 'exact' })}>
          {kinds.map((kind) => <option value={kind} key={kind}>{t(`rule.${kind}`)}</option>)}
        </select>
        <Icon name="down" size={15} />
      </div>
      <Value draft={draft} label={`${place}, ${t('rules.value')}`} invalid={fault !== null && draft.value.trim() === ''} onChange={(value) => onChange({ value })} />
      <Icon name="right" size={15} />
      <div class="select">
        <select class="input" aria-label={`${place}, ${t('team.one')}`} value={draft.team_id === 0 ? '' : String(draft.team_id)} onChange={(event) => onChange({ team_id: Number(event.currentTarget.value) })}>
          {teamOptions(teams, t('bindings.choose')).map((option) => <option value={option.value} key={option.value}>{option.text}</option>)}
        </select>
        <Icon name="down" size={15} />
      </div>
      <div class="rule-days">
        <DayPick label={`${place}, ${t('bindings.from')}`} none={t('rules.always')} value={draft.valid_from} onChange={(valid_from) => onChange({ valid_from })} />
        <span aria-hidden="true">–</span>
        <DayPick label={`${place}, ${t('bindings.to')}`} none={t('rules.forever')} value={draft.valid_to} onChange={(valid_to) => onChange({ valid_to })} />
      </div>
      <span class="rule-tools">
        <button type="button" class="icon-button" disabled={index === 0} aria-label={`${place}, ${t('rules.up')}`} data-tip={t('rules.up')} onClick={() => onMove(index - 1)}><Icon name="up" size={16} /></button>
        <button type="button" class="icon-button" disabled={index === count - 1} aria-label={`${place}, ${t('rules.down')}`} data-tip={t('rules.down')} onClick={() => onMove(index + 1)}><Icon name="down" size={16} /></button>
        <button type="button" class="icon-button" aria-label={`${place}, ${t('rules.remove')}`} data-tip={t('rules.remove')} onClick={onRemove}><Icon name="trash" size={16} /></button>
      </span>
      {fault !== null && <p class="field-error"><Icon name="alert" size={14} />{fault}</p>}
    </li>
  );
}

interface Values {
  list: Draft[];
  note: string;
}

// Leaving with unsaved rules asks first.
function useGuard(dirty: boolean): void {
  useEffect(() => {
    if (!dirty) return undefined;
    const ask = (event: BeforeUnloadEvent): void => event.preventDefault();
    addEventListener('beforeunload', ask);
    return () => removeEventListener('beforeunload', ask);
  }, [dirty]);
}

function checkRules({ list, note }: Values): FieldErrors {
  const wrong: FieldErrors = {};
  if (note.trim() === '') wrong['note'] = t('rules.note_missing');
  if (list.some((draft) => faultOf(draft) !== null)) wrong['rules'] = t('form.check');
  return wrong;
}

function Editor({ current, onSaved }: { current: RuleSet; onSaved: () => void }) {
  const teams = useTeams();
  const [dirty, setDirty] = useState(false);
  const form = useForm<Values>({
    initial: { list: current.items.map(toDraft), note: '' },
    check: checkRules,
    send: async ({ list, note }) => {
      const saved = await rules.replace({
        note: note.trim(),
        base_version: current.version,
        rules: list.map(({ kind, value, team_id, user_id, valid_from, valid_to }) => ({ kind, value: value.trim(), team_id, user_id, valid_from, valid_to })),
      });
      setDirty(false);
      toast(t('rules.saved', { n: saved.version }));
      onSaved();
    },
    overrides: { conflict: 'rules.conflict' },
  });
  const { list, note } = form.values;
  useGuard(dirty);
  const change = (next: Draft[]): void => {
    setDirty(true);
    form.set({ list: next });
  };
  const add = (): void => change([...list, { id: ++lastId, kind: 'exact', value: '', team_id: 0, user_id: null, valid_from: null, valid_to: null }]);
  return (
    <form onSubmit={form.submit} novalidate>
      {list.length === 0 ? (
        <Empty icon="rules" title={t('rules.empty')} text={t('rules.empty_text')} />
      ) : (
        <ol class="rules">
          {list.map((draft, index) => (
            <Row
              key={draft.id}
              draft={draft}
              index={index}
              count={list.length}
              teams={teams.data?.items ?? []}
              fault={form.errors['rules'] === undefined ? null : faultOf(draft)}
              onChange={(changes) => change(list.map((one) => (one.id === draft.id ? { ...one, ...changes } : one)))}
              onMove={(to) => change(moved(list, index, to))}
              onRemove={() => change(list.filter((one) => one.id !== draft.id))}
            />
          ))}
        </ol>
      )}
      <p class="rules-add"><Button icon="plus" onClick={add}>{t('rules.add')}</Button></p>
      {dirty && (
        <div class="rules-save">
          <TextField label={t('rules.note')} name="note" required maxLength={200} value={note} help={t('rules.note_help')} error={form.errors['note']} onInput={(text) => form.set({ note: text })} />
          <FormEnd form={form} action={t('rules.save')} onCancel={() => { setDirty(false); form.set({ list: current.items.map(toDraft), note: '' }); }} />
        </div>
      )}
    </form>
  );
}

export default function RulesPage() {
  const loaded = useLoad('rules', (signal) => rules.current(signal));
  return (
    <>
      <PageHead title={t('nav.rules')} lead={t('rules.lead')} />
      <Card
        title={t('rules.title')}
        side={loaded.data && (
          <span class="muted small">
            {t('rules.version', { n: loaded.data.version, when: fmt.moment(loaded.data.created_at, reportZone) })}
            {loaded.data.note !== '' && ` · ${loaded.data.note}`}
          </span>
        )}
      >
        <Block loaded={loaded} skeleton={<Skeleton lines={6} />}>
          {(current) => <Editor key={current.version} current={current} onSaved={loaded.reload} />}
        </Block>
        <p class="muted small rules-rest"><Icon name="info" size={15} />{t('rules.rest')}</p>
      </Card>
    </>
  );
}
