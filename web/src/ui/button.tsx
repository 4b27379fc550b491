// Buttons. A busy one cannot be pressed twice; everything else stays enabled and says why not.
import type { ComponentChildren } from 'preact';
import { Icon, type IconName } from './icon';

interface ButtonProps {
  children?: ComponentChildren;
  kind?: 'primary' | 'plain' | 'quiet' | 'danger';
  icon?: IconName;
  busy?: boolean;
  disabled?: boolean;
  submit?: boolean;
  small?: boolean;
  label?: string; // its name when it shows only an icon
  onClick?: (event: MouseEvent) => void;
}

export function Button(props: ButtonProps) {
  const { kind = 'plain', busy = false, small = false } = props;
  const alone = props.children === undefined;
  return (
    <button
      type={props.submit ? 'submit' : 'button'}
      class={`button ${kind}${small ? ' small' : ''}${busy ? ' busy' : ''}${alone ? ' alone' : ''}`}
      disabled={busy || props.disabled}
      aria-busy={busy}
      aria-label={props.label}
      data-tip={alone ? props.label : undefined}
      onClick={props.onClick}
    >
      {props.icon && <Icon name={props.icon} size={small ? 15 : 17} />}
      {!alone && <span>{props.children}</span>}
    </button>
  );
}

interface SegmentsProps<T extends string> {
  label: string;
  options: readonly { value: T; text: ComponentChildren; name?: string }[];
  value: T | null;
  onChange: (value: T) => void;
}

export function Segments<T extends string>({ label, options, value, onChange }: SegmentsProps<T>) {
  return (
    <div class="segments" role="group" aria-label={label}>
      {options.map((option) => (
        <button
          type="button"
          key={option.value}
          aria-pressed={option.value === value}
          data-tip={option.name}
          onClick={() => onChange(option.value)}
        >
          <span>
            {option.text}
            {option.name !== undefined && <span class="sr"> {option.name}</span>}
          </span>
        </button>
      ))}
    </div>
  );
}
