// Dialogs: the browser's own modal, which traps focus, closes on Escape and gives focus back.
import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { Button } from './button';
import { t } from './i18n';
import { Icon } from './icon';

export function Dialog({ title, onClose, children, wide = false, side = false }: {
  title: string;
  onClose: () => void;
  children: ComponentChildren;
  wide?: boolean;
  side?: boolean; // a drawer at the edge of the screen, as high as the screen
}) {
  const element = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const dialog = element.current;
    const back = document.activeElement;
    dialog?.showModal();
    dialog?.querySelector<HTMLElement>('[autofocus], input:not([type=hidden]), select, textarea')?.focus();
    return () => {
      dialog?.close();
      if (back instanceof HTMLElement) back.focus();
    };
  }, []);
  return (
    <dialog
      ref={element}
      class={side ? 'dialog side' : wide ? 'dialog wide' : 'dialog'}
      aria-label={title}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      <header>
        <h2>{title}</h2>
        <button type="button" class="icon-button" aria-label={t('action.close')} onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      <div class="dialog-body">{children}</div>
    </dialog>
  );
}

// Says what will happen before it does.
export function Confirm({ title, text, action, danger = false, busy, error, onConfirm, onClose }: {
  title: string;
  text: string;
  action: string;
  danger?: boolean;
  busy: boolean;
  error: string | null;
  onConfirm: () => void;
  onClose: () => void;
}) {
  return (
    <Dialog title={title} onClose={onClose}>
      <p>{text}</p>
      {error !== null && <p class="form-error" role="alert">{error}</p>}
      <footer class="form-actions">
        <Button onClick={onClose}>{t('action.cancel')}</Button>
        <Button kind={danger ? 'danger' : 'primary'} busy={busy} onClick={onConfirm}>{action}</Button>
      </footer>
    </Dialog>
  );
}
