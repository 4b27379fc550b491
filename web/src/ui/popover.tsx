// Things that open from a button: a menu of choices or actions, or free content.
import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Icon } from './icon';

interface PopoverProps {
  button: ComponentChildren;
  label: string;
  spoken?: boolean; // the button's own words say what it is; the label is only the panel's
  class?: string;
  align?: 'start' | 'end';
  menu?: boolean;
  children: (close: () => void) => ComponentChildren;
}

function move(panel: HTMLElement | null, step: number | 'first' | 'last'): void {
  const items = [...(panel?.querySelectorAll<HTMLElement>('[role^=menuitem]') ?? [])];
  const at = items.findIndex((item) => item === document.activeElement);
  const next = step === 'first' ? 0 : step === 'last' ? items.length - 1 : (at + step + items.length) % items.length;
  items[next]?.focus();
}

// Panels lie in the browser's top layer, so that no scrolling table cuts them off.
function place(panel: HTMLElement, button: HTMLElement, align: 'start' | 'end'): void {
  if (!panel.matches(':popover-open')) panel.showPopover();
  const around = button.getBoundingClientRect();
  const width = panel.offsetWidth;
  const gap = 8;
  const wanted = align === 'start' ? around.left : around.right - width;
  const below = around.bottom + 6;
  const fits = below + panel.offsetHeight <= innerHeight - gap;
  panel.style.left = `${Math.round(Math.max(gap, Math.min(wanted, innerWidth - width - gap)))}px`;
  panel.style.top = `${Math.round(fits ? below : Math.max(gap, around.top - panel.offsetHeight - 6))}px`;
}

const steps: { [key: string]: number | 'first' | 'last' } = {
  ArrowDown: 1,
  ArrowUp: -1,
  Home: 'first',
  End: 'last',
};

export function Popover({ button, label, spoken = false, class: name = '', align = 'start', menu = false, children }: PopoverProps) {
  const [open, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const panel = useRef<HTMLDivElement>(null);
  const opener = useRef<HTMLButtonElement>(null);
  const close = (): void => {
    setOpen(false);
    opener.current?.focus();
  };

  useLayoutEffect(() => {
    if (!open) return undefined;
    if (panel.current && opener.current) place(panel.current, opener.current, align);
    const first = panel.current?.querySelector<HTMLElement>('[aria-checked=true], [aria-selected=true]');
    if (first) first.focus();
    else if (menu) move(panel.current, 'first');
    const outside = (event: Event): void => {
      if (event.target instanceof Node && !box.current?.contains(event.target)) setOpen(false);
    };
    const shut = (): void => setOpen(false);
    addEventListener('resize', shut);
    document.addEventListener('pointerdown', outside);
    document.addEventListener('focusin', outside);
    return () => {
      document.removeEventListener('pointerdown', outside);
      document.removeEventListener('focusin', outside);
      removeEventListener('resize', shut);
    };
  }, [open, menu, align]);

  const keyed = (event: KeyboardEvent): void => {
    if (!open) return;
    if (event.key === 'Escape') {
      event.stopPropagation();
      event.preventDefault();
      close();
    }
    const step = steps[event.key];
    if (menu && step !== undefined) {
      event.preventDefault();
      move(panel.current, step);
    }
  };

  return (
    <div class={`popover ${name}`} ref={box} onKeyDown={keyed}>
      <button
        type="button"
        ref={opener}
        class="popover-button"
        aria-label={spoken ? undefined : label}
        aria-haspopup={menu ? 'menu' : 'dialog'}
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        {button}
      </button>
      {open && (
        <div class="panel" popover="manual" ref={panel} role={menu ? 'menu' : 'dialog'} aria-label={label}>
          {children(close)}
        </div>
      )}
    </div>
  );
}

interface PickProps<T extends string> {
  label: string; // said before the choice
  options: readonly { value: T; text: string }[];
  value: T;
  onChange: (value: T) => void;
  align?: 'start' | 'end';
  class?: string;
}

// A choice of one, written as "label: choice".
export function Pick<T extends string>({ label, options, value, onChange, align = 'start', class: name = '' }: PickProps<T>) {
  const chosen = options.find((option) => option.value === value);
  return (
    <Popover
      menu
      class={name}
      align={align}
      label={`${label}: ${chosen?.text ?? ''}`}
      button={
        <>
          <span class="pick-label">{label}</span>
          <span class="pick-value">{chosen?.text}</span>
          <Icon name="down" size={14} />
        </>
      }
    >
      {(close) =>
        options.map((option) => (
          <button
            type="button"
            role="menuitemradio"
            key={option.value}
            aria-checked={option.value === value}
            onClick={() => {
              close();
              onChange(option.value);
            }}
          >
            <span>{option.text}</span>
            {option.value === value && <Icon name="check" size={15} />}
          </button>
        ))
      }
    </Popover>
  );
}

export interface Action {
  text: string;
  danger?: boolean;
  run: () => void;
}

export function Actions({ label, actions }: { label: string; actions: Action[] }) {
  return (
    <Popover menu align="end" class="actions" label={label} button={<Icon name="more" />}>
      {(close) =>
        actions.map((action) => (
          <button
            type="button"
            role="menuitem"
            key={action.text}
            class={action.danger ? 'danger' : undefined}
            onClick={() => {
              close();
              action.run();
            }}
          >
            {action.text}
          </button>
        ))
      }
    </Popover>
  );
}
