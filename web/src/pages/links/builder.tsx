// A link with tags, put together from an address and a template, with what is wrong about it said.
import { useState } from 'preact/hooks';
import { links } from '../../api/sources';
import type { BuiltLink } from '../../api/types';
import { FormEnd, needed, SelectField, TextField, useForm } from '../../ui/form';
import { t, tMaybe } from '../../ui/i18n';
import { Icon } from '../../ui/icon';
import { useLoad } from '../../ui/load';
import { CopyLine } from '../../ui/once';
import { Card } from '../../ui/state';
import { emptyTags, given, TagFields, templateOptions } from './tags';

function Built({ built }: { built: BuiltLink }) {
  return (
    <div aria-live="polite">
      {built.warnings.map((warning) => (
        <p class="note warn" key={warning.code + (warning.field ?? '')}>
          <Icon name="alert" size={16} />
          <span>{tMaybe(`warning.${warning.code}`, { field: warning.field ?? '' }) ?? `${warning.code} ${warning.field ?? ''}`}</span>
        </p>
      ))}
      {built.warnings.length === 0 && <p class="note"><Icon name="check" size={16} /><span>{t('build.fine')}</span></p>}
      <CopyLine label={t('build.result')} text={built.url} />
    </div>
  );
}

export function Builder() {
  const templates = useLoad('utm-templates', (signal) => links.templates(signal));
  const [built, setBuilt] = useState<BuiltLink | null>(null);
  const form = useForm({
    initial: { ...emptyTags, target: '', template: '' },
    check: ({ target }) => needed('target', target),
    send: async ({ target, template, ...tags }) => {
      const draft = template === '' ? given(tags) : { template_id: Number(template) };
      setBuilt(await links.build({ target: target.trim(), ...draft }));
    },
  });
  const { values, set, errors } = form;
  return (
    <Card title={t('build.title')}>
      <p class="muted">{t('build.lead')}</p>
      <form onSubmit={form.submit} novalidate>
        <TextField label={t('links.target')} name="target" required placeholder="https://" value={values.target} error={errors['target']} onInput={(target) => set({ target })} />
        <SelectField label={t('links.template')} name="template_id" value={values.template} options={templateOptions(templates.data?.items ?? [])} onChange={(template) => set({ template })} />
        {values.template === '' && <TagFields values={values} errors={errors} onChange={set} />}
        <FormEnd form={form} action={t('build.action')} />
      </form>
      {built && <Built built={built} />}
    </Card>
  );
}
