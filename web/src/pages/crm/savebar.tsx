// Changes that are not saved yet: how many, and what to do with them.
import { Button } from '../../ui/button';
import { t } from '../../ui/i18n';
import { Icon } from '../../ui/icon';

export function SaveBar({ count, note, busy, onSave, onDrop }: {
  count: number;
  note: string;
  busy: boolean;
  onSave: () => void;
  onDrop: () => void;
}) {
  if (count === 0) return null;
  return (
    <div class="save-bar" role="region" aria-label={t('maps.unsaved', { n: count })}>
      <p><b>{t('maps.unsaved', { n: count })}</b> <small class="muted">{note}</small></p>
      <Button disabled={busy} onClick={onDrop}>{t('maps.drop')}</Button>
      <Button kind="primary" busy={busy} onClick={onSave}>{t('action.save')}</Button>
    </div>
  );
}

// A choice inside a row of a map; its column's head says what it is.
export function Choose({ label, value, options, onChange }: {
  label: string;
  value: string;
  options: readonly { value: string; text: string }[];
  onChange: (value: string) => void;
}) {
  return (
    <div class="select">
      <select class="input" aria-label={label} value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        {options.map((option) => <option key={option.value} value={option.value}>{option.text}</option>)}
      </select>
      <Icon name="down" size={14} />
    </div>
  );
}
