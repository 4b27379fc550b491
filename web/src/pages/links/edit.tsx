// A short link: where it leads, with which tags, and until when.
import { links } from '../../api/sources';
import type { Day, LinkForm, MergePolicy, ShortLink } from '../../api/types';
import { reportZone } from '../../live';
import { atLeast, currentUser } from '../../session';
import { copyText } from '../../ui/action';
import { dayAt, dayEnd } from '../../ui/day';
import { DayField } from '../../ui/daypick';
import { Dialog } from '../../ui/dialog';
import { FormEnd, needed, SelectField, TextField, useForm } from '../../ui/form';
import { t } from '../../ui/i18n';
import { useLoad } from '../../ui/load';
import { teamOptions, useTeams } from '../../ui/teampick';
import { toast } from '../../ui/toast';
import { emptyTags, given, TagFields, templateOptions, type Tags } from './tags';

const policies: readonly MergePolicy[] = ['keep', 'fill', 'replace'];

interface Values extends Tags {
  team: string;
  title: string;
  target: string;
  template: string;
  policy: MergePolicy;
  code: string;
  expires: Day | null;
}

function formOf(values: Values, isNew: boolean): LinkForm {
  return {
    title: values.title.trim(),
    target: values.target.trim(),
    merge_policy: values.policy,
    expires_at: values.expires === null ? null : dayEnd(values.expires, reportZone),
    ...given(values, !isNew),
    ...(isNew && values.team !== '' ? { team_id: Number(values.team) } : {}),
    ...(values.template === '' ? {} : { template_id: Number(values.template) }),
    ...(isNew && values.code.trim() !== '' ? { code: values.code.trim() } : {}),
  };
}

export function EditLink({ link, onDone, onClose }: { link: ShortLink | null; onDone: () => void; onClose: () => void }) {
  const isAdmin = atLeast(currentUser(), 'admin');
  const teams = useTeams(isAdmin && link === null);
  const templates = useLoad('utm-templates', (signal) => links.templates(signal));
  const form = useForm<Values>({
    initial: {
      ...emptyTags,
      ...(link ? { utm_source: link.utm_source ?? '', utm_medium: link.utm_medium ?? '', utm_campaign: link.utm_campaign ?? '', utm_content: link.utm_content ?? '', utm_term: link.utm_term ?? '' } : {}),
      title: link?.title ?? '',
      target: link?.target ?? '',
      template: '',
      team: '',
      policy: link?.merge_policy ?? 'keep',
      code: link?.code ?? '',
      expires: link?.expires_at ? dayAt(link.expires_at, reportZone) : null,
    },
    check: ({ target, title }) => ({ ...needed('target', target), ...needed('title', title) }),
    send: async (values) => {
      if (link === null) {
        const made = await links.create(formOf(values, true));
        await copyText(made.short_url).then(
          () => toast(t('links.made_copied', { url: made.short_url })),
          () => toast(t('links.made', { url: made.short_url })),
        );
      } else {
        await links.change(link.id, formOf(values, false));
        toast(t('settings.saved'));
      }
      onDone();
    },
    overrides: { conflict: 'links.conflict' },
  });
  const { values, set, errors } = form;
  return (
    <Dialog wide title={t(link === null ? 'links.add' : 'links.edit')} onClose={onClose}>
      <form onSubmit={form.submit} novalidate>
        <TextField label={t('links.target')} name="target" required autofocus placeholder="https://" value={values.target} help={t('links.target_help')} error={errors['target']} onInput={(target) => set({ target })} />
        <TextField label={t('links.name')} name="title" required value={values.title} error={errors['title']} onInput={(title) => set({ title })} />
        {link === null && <SelectField label={t('links.template')} name="template_id" value={values.template} error={errors['template_id']} options={templateOptions(templates.data?.items ?? [])} onChange={(template) => set({ template })} />}
        {isAdmin && link === null && <SelectField label={t('team.one')} name="team_id" value={values.team} error={errors['team_id']} options={teamOptions(teams.data?.items ?? [], t('accounts.no_team'))} onChange={(team) => set({ team })} />}
        {values.template === '' && <TagFields values={values} errors={errors} onChange={set} />}
        <div class="form-row">
          <SelectField
            label={t('links.policy')}
            name="merge_policy"
            value={values.policy}
            help={t(`links.policy_${values.policy}_help`)}
            options={policies.map((one) => ({ value: one, text: t(`links.policy_${one}`) }))}
            onChange={(policy) => set({ policy: policies.find((one) => one === policy) ?? 'keep' })}
          />
          <DayField label={t('links.expires')} none={t('links.never')} value={values.expires} error={errors['expires_at']} onChange={(expires) => set({ expires })} />
          {link === null && <TextField label={t('links.code')} name="code" mono value={values.code} help={t('links.code_help')} error={errors['code']} onInput={(code) => set({ code })} />}
        </div>
        <FormEnd form={form} action={t('action.save')} onCancel={onClose} />
      </form>
    </Dialog>
  );
}
