// The five UTM tags as fields of a form.
import type { UtmTags, UtmTemplate } from '../../api/types';
import { TextField, type FieldErrors } from '../../ui/form';
import { t } from '../../ui/i18n';

export const tagNames = ['utm_source', 'utm_medium', 'utm_campaign', 'utm_content', 'utm_term'] as const;
export type TagName = (typeof tagNames)[number];
export type Tags = { [name in TagName]: string };

export const emptyTags: Tags = { utm_source: '', utm_medium: '', utm_campaign: '', utm_content: '', utm_term: '' };

// The tags that are filled in; with all, the empty ones too, as nothing.
export function given(values: Tags, all = false): Partial<UtmTags> {
  const found: Partial<UtmTags> = {};
  for (const name of tagNames) {
    const text = values[name].trim();
    if (text !== '') found[name] = text;
    else if (all) found[name] = null;
  }
  return found;
}

export function templateOptions(items: readonly UtmTemplate[]): { value: string; text: string }[] {
  const alive = items.filter((one) => one.archived_at === null);
  return [{ value: '', text: t('links.no_template') }, ...alive.map((one) => ({ value: String(one.id), text: one.name }))];
}

export function TagFields({ values, errors, onChange }: { values: Tags; errors: FieldErrors; onChange: (change: Partial<Tags>) => void }) {
  return (
    <div class="form-row">
      {tagNames.map((name) => (
        <TextField key={name} label={name} name={name} mono value={values[name]} error={errors[name]} onInput={(text) => onChange({ [name]: text })} />
      ))}
    </div>
  );
}
