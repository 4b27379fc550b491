// Whose spend an account is, day by day. A new period closes the open one before it.
import { useState } from 'preact/hooks';
import { ads, users } from '../../api/endpoints';
import type { Account, Binding, Day } from '../../api/types';
import { reportZone } from '../../live';
import { useAction } from '../../ui/action';
import { Button } from '../../ui/button';
import { dayAt } from '../../ui/day';
import { DayField } from '../../ui/daypick';
import { Dialog } from '../../ui/dialog';
import { FormEnd, SelectField, useForm, type FieldErrors } from '../../ui/form';
import { fmt, t } from '../../ui/i18n';
import { useLoad } from '../../ui/load';
import { Badge } from '../../ui/state';
import { teamOptions, useTeams } from '../../ui/teampick';
import { toast } from '../../ui/toast';

interface Values {
  team: string;
  user: string;
  from: Day;
  to: Day | null;
}

function check(values: Values): FieldErrors {
  const wrong: FieldErrors = {};
  if (values.team === '') wrong['team_id'] = t('field.team_missing');
  if (values.to !== null && values.to < values.from) wrong['valid_to'] = t('field.before_from');
  return wrong;
}

function NewPeriod({ account, onChange }: { account: Account; onChange: () => void }) {
  const teams = useTeams();
  const people = useLoad('users', (signal) => users.list(signal));
  const form = useForm<Values>({
    initial: { team: '', user: '', from: dayAt(Date.now(), account.tz), to: null },
    check,
    send: async ({ team, user, from, to }) => {
      await ads.bind(account.id, {
        team_id: Number(team),
        user_id: user === '' ? null : Number(user),
        valid_from: from,
        valid_to: to,
      });
      toast(t('bindings.done'));
      onChange();
    },
    overrides: { conflict: 'bindings.conflict' },
  });
  const { values, set, errors } = form;
  const members = (people.data?.items ?? []).filter((one) => String(one.team_id) === values.team && one.disabled_at === null);
  return (
    <form onSubmit={form.submit} novalidate>
      <h3>{t('bindings.new')}</h3>
      <div class="form-row">
        <SelectField label={t('team.one')} name="team_id" value={values.team} error={errors['team_id']} options={teamOptions(teams.data?.items ?? [], t('bindings.choose'))} onChange={(team) => set({ team, user: '' })} />
        <SelectField
          label={t('bindings.user')}
          name="user_id"
          value={values.user}
          error={errors['user_id']}
          options={[{ value: '', text: t('bindings.whole_team') }, ...members.map((one) => ({ value: String(one.id), text: one.full_name }))]}
          onChange={(user) => set({ user })}
        />
        <DayField label={t('bindings.from')} value={values.from} error={errors['valid_from']} onChange={(from) => from !== null && set({ from })} />
        <DayField label={t('bindings.to')} none={t('bindings.open_end')} value={values.to} error={errors['valid_to']} onChange={(to) => set({ to })} />
      </div>
      <FormEnd form={form} action={t('accounts.bind')} />
    </form>
  );
}

function period({ valid_from, valid_to }: Binding): string {
  return valid_to === null ? t('bindings.since', { day: fmt.dayFull(valid_from) }) : fmt.range(valid_from, valid_to);
}

export function Bindings({ account, onChange, onClose }: { account: Account; onChange: () => void; onClose: () => void }) {
  const [sure, setSure] = useState<number | null>(null);
  const action = useAction();
  const today = dayAt(Date.now(), reportZone);
  const remove = (binding: Binding): void =>
    action.run(`b${binding.id}`, async () => {
      await ads.unbind(account.id, binding.id);
      setSure(null);
      onChange();
      return t('bindings.removed');
    });
  const periods = [...account.bindings].sort((a, b) => b.valid_from.localeCompare(a.valid_from));
  return (
    <Dialog title={t('bindings.title', { name: account.name })} onClose={onClose} wide>
      <p class="muted">{t('bindings.lead', { zone: account.tz })}</p>
      {periods.length === 0 ? (
        <p class="nobody binding-none">{t('bindings.none')}</p>
      ) : (
        <ol class="bindings">
          {periods.map((binding) => (
            <li key={binding.id}>
              <div class="two-lines">
                <span>
                  <b>{binding.team_name}</b>{' '}
                  {binding.valid_from <= today && (binding.valid_to === null || binding.valid_to >= today) && <Badge kind="good">{t('bindings.now')}</Badge>}
                </span>
                <small>{period(binding)} · {binding.user_name ?? t('bindings.whole_team')}</small>
              </div>
              {sure === binding.id ? (
                <span class="inline-confirm">
                  <small>{t('bindings.sure')}</small>
                  <Button small kind="danger" busy={action.busy !== null} onClick={() => remove(binding)}>{t('bindings.remove')}</Button>
                  <Button small onClick={() => setSure(null)}>{t('action.cancel')}</Button>
                </span>
              ) : (
                <Button small kind="quiet" icon="trash" label={t('bindings.remove_of', { name: binding.team_name })} onClick={() => setSure(binding.id)} />
              )}
            </li>
          ))}
        </ol>
      )}
      <NewPeriod key={account.bindings.length} account={account} onChange={onChange} />
    </Dialog>
  );
}
