// UTM tags as chips: type and press Enter or comma; Backspace in the empty field takes the last one.
import { useId, useState } from 'preact/hooks';
import { t } from '../../ui/i18n';
import { Icon } from '../../ui/icon';

export function Tags({ value, error, onChange }: { value: string[]; error?: string | undefined; onChange: (tags: string[]) => void }) {
  const id = useId();
  const [text, setText] = useState('');
  const add = (raw: string): void => {
    const fresh = raw.split(/[\s,;]+/).map((tag) => tag.trim().toLowerCase()).filter((tag) => tag !== '' && !value.includes(tag));
    if (fresh.length > 0) onChange([...value, ...fresh]);
    setText('');
  };
  const keyed = (event: KeyboardEvent): void => {
    if ((event.key === 'Enter' || event.key === ',') && text.trim() !== '') {
      event.preventDefault();
      add(text);
    } else if (event.key === 'Backspace' && text === '' && value.length > 0) onChange(value.slice(0, -1));
  };
  return (
    <div class={error === undefined ? 'field' : 'field wrong'}>
      <label for={id}>{t('teams.tags')}</label>
      <div class="input tags">
        {value.map((tag) => (
          <span class="chip" key={tag}>
            <span class="mono">{tag}</span>
            <button type="button" class="icon-button" aria-label={t('teams.remove_tag', { tag })} onClick={() => onChange(value.filter((one) => one !== tag))}>
              <Icon name="close" size={13} />
            </button>
          </span>
        ))}
        <input
          id={id}
          name="tags"
          class="mono"
          value={text}
          placeholder={value.length === 0 ? 'fb_arystan' : ''}
          aria-invalid={error !== undefined}
          aria-describedby={`${id}-h`}
          spellcheck={false}
          autocomplete="off"
          onInput={(event) => setText(event.currentTarget.value)}
          onKeyDown={keyed}
          onBlur={() => text.trim() !== '' && add(text)}
        />
      </div>
      {error !== undefined && <p class="field-error"><Icon name="alert" size={14} />{error}</p>}
      <p class="field-help" id={`${id}-h`}>{t('teams.tags_help')}</p>
    </div>
  );
}
