// Forms: label above, help below, the error at its field and in words. Typed text is never lost:
// values live in the form until it closes, whatever the server says.
import type { ComponentChildren } from 'preact';
import { useId, useState } from 'preact/hooks';
import { ApiError } from '../api/client';
import { Button } from './button';
import { errorText, fieldText, type Overrides } from './errors';
import { t } from './i18n';
import { Icon } from './icon';

export type FieldErrors = { [field: string]: string };

// The error of a field that must not be left empty.
export function needed(field: string, text: string): FieldErrors {
  const wrong: FieldErrors = {};
  if (text.trim() === '') wrong[field] = t('field.missing');
  return wrong;
}

export interface Form<V> {
  values: V;
  set: (changes: Partial<V>) => void;
  errors: FieldErrors;
  notice: string | null;
  busy: boolean;
  submit: (event: Event) => void;
}

interface FormOptions<V> {
  initial: V;
  check?: (values: V) => FieldErrors; // what can be known before asking the server
  send: (values: V) => Promise<void>;
  overrides?: Overrides;
}

export function useForm<V>({ initial, check, send, overrides }: FormOptions<V>): Form<V> {
  const [values, setValues] = useState(initial);
  const [errors, setErrors] = useState<FieldErrors>({});
  const [notice, setNotice] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  const failed = (error: unknown): void => {
    setBusy(false);
    if (error instanceof ApiError && error.fields.length > 0) {
      const atFields: FieldErrors = {};
      for (const { field, code } of error.fields) atFields[field] ??= fieldText(code);
      setErrors(atFields);
      setNotice(t('form.check'));
    } else setNotice(errorText(error, overrides));
  };
  const submit = (event: Event): void => {
    event.preventDefault();
    if (busy) return;
    const wrong = check?.(values) ?? {};
    setErrors(wrong);
    setNotice(null);
    if (Object.keys(wrong).length > 0) {
      const form = event.currentTarget;
      const first = Object.keys(wrong)[0] ?? '';
      if (form instanceof HTMLElement) form.querySelector<HTMLElement>(`[name="${first}"]`)?.focus();
      return;
    }
    setBusy(true);
    send(values).then(() => setBusy(false), failed);
  };
  const set = (changes: Partial<V>): void => {
    setValues((before) => ({ ...before, ...changes }));
    setErrors((before) => {
      const left = { ...before };
      for (const name of Object.keys(changes)) delete left[name];
      return left;
    });
  };
  return { values, set, errors, notice, busy, submit };
}

interface FieldProps {
  label: string;
  help?: ComponentChildren;
  error?: string | undefined;
}

function Field({ label, help, error, id, children }: FieldProps & { id: string; children: ComponentChildren }) {
  return (
    <div class={error === undefined ? 'field' : 'field wrong'}>
      <label for={id}>{label}</label>
      {children}
      {error !== undefined && <p class="field-error" id={`${id}-e`}><Icon name="alert" size={14} />{error}</p>}
      {help !== undefined && <p class="field-help" id={`${id}-h`}>{help}</p>}
    </div>
  );
}

function describedBy(id: string, { help, error }: FieldProps): string | undefined {
  const ids = [error === undefined ? '' : `${id}-e`, help === undefined ? '' : `${id}-h`].filter((one) => one !== '');
  return ids.length > 0 ? ids.join(' ') : undefined;
}

interface TextProps extends FieldProps {
  name: string;
  value: string;
  onInput: (value: string) => void;
  type?: 'text' | 'email';
  autocomplete?: string;
  inputmode?: 'decimal' | 'text';
  placeholder?: string;
  required?: boolean;
  autofocus?: boolean;
  maxLength?: number;
  mono?: boolean;
  lines?: number;
  disabled?: boolean;
}

export function TextField(props: TextProps) {
  const id = useId();
  const shared = {
    id,
    name: props.name,
    value: props.value,
    class: props.mono ? 'input mono' : 'input',
    placeholder: props.placeholder,
    maxLength: props.maxLength,
    autoFocus: props.autofocus,
    disabled: props.disabled,
    'aria-required': props.required,
    'aria-invalid': props.error !== undefined,
    'aria-describedby': describedBy(id, props),
    spellcheck: false,
  };
  return (
    <Field {...props} id={id}>
      {props.lines === undefined ? (
        <input
          {...shared}
          type={props.type ?? 'text'}
          autocomplete={props.autocomplete ?? 'off'}
          inputMode={props.inputmode}
          onInput={(event) => props.onInput(event.currentTarget.value)}
        />
      ) : (
        <textarea {...shared} rows={props.lines} onInput={(event) => props.onInput(event.currentTarget.value)} />
      )}
    </Field>
  );
}

// A password with a way to look at it.
export function PasswordField(props: TextProps) {
  const id = useId();
  const [shown, setShown] = useState(false);
  return (
    <Field {...props} id={id}>
      <div class="input-with">
        <input
          id={id}
          name={props.name}
          class="input"
          type={shown ? 'text' : 'password'}
          value={props.value}
          autocomplete={props.autocomplete ?? 'off'}
          autoFocus={props.autofocus}
          aria-required="true"
          aria-invalid={props.error !== undefined}
          aria-describedby={describedBy(id, props)}
          spellcheck={false}
          onInput={(event) => props.onInput(event.currentTarget.value)}
        />
        <button type="button" class="input-side" aria-pressed={shown} onClick={() => setShown(!shown)}>
          {shown ? t('action.hide') : t('action.show')}
        </button>
      </div>
    </Field>
  );
}

interface SelectProps extends FieldProps {
  name: string;
  value: string;
  options: readonly { value: string; text: string }[];
  onChange: (value: string) => void;
  disabled?: boolean;
}

export function SelectField(props: SelectProps) {
  const id = useId();
  return (
    <Field {...props} id={id}>
      <div class="select">
        <select
          id={id}
          name={props.name}
          class="input"
          value={props.value}
          disabled={props.disabled}
          aria-invalid={props.error !== undefined}
          aria-describedby={describedBy(id, props)}
          onChange={(event) => props.onChange(event.currentTarget.value)}
        >
          {props.options.map((option) => (
            <option value={option.value} key={option.value}>{option.text}</option>
          ))}
        </select>
        <Icon name="down" size={15} />
      </div>
    </Field>
  );
}

export function Switch({ label, on, busy = false, onChange, hidden = false }: {
  label: string;
  on: boolean;
  busy?: boolean;
  onChange: (on: boolean) => void;
  hidden?: boolean; // the label is said, not shown
}) {
  return (
    <label class="switch">
      <input type="checkbox" role="switch" checked={on} disabled={busy} onChange={() => onChange(!on)} />
      <i aria-hidden="true" />
      <span class={hidden ? 'sr' : undefined}>{label}</span>
    </label>
  );
}

// The bottom of every form: what went wrong as a whole, and the buttons.
export function FormEnd({ form, action, onCancel }: {
  form: { notice: string | null; busy: boolean };
  action: string;
  onCancel?: () => void;
}) {
  return (
    <>
      <div aria-live="polite">
        {form.notice !== null && <p class="form-error"><Icon name="alert" size={15} />{form.notice}</p>}
      </div>
      <footer class="form-actions">
        {onCancel && <Button onClick={onCancel}>{t('action.cancel')}</Button>}
        <Button kind="primary" submit busy={form.busy}>{action}</Button>
      </footer>
    </>
  );
}

// A search box over rows that are all here; "/" puts the cursor into it.
export function Filter({ value, onInput, label }: { value: string; onInput: (value: string) => void; label: string }) {
  return (
    <div class="filter">
      <Icon name="search" size={15} />
      <input
        class="input"
        type="search"
        data-search
        aria-label={label}
        placeholder={label}
        value={value}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
      <kbd aria-hidden="true">/</kbd>
    </div>
  );
}

export function matches(needle: string, ...texts: (string | null)[]): boolean {
  const folded = needle.trim().toLocaleLowerCase();
  return folded === '' || texts.some((text) => text?.toLocaleLowerCase().includes(folded));
}
