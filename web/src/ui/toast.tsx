// Short notes at the edge of the screen, read out by screen readers; errors stay until dismissed.
import { useEffect, useState } from 'preact/hooks';
import { Icon } from './icon';
import { t } from './i18n';

interface Toast {
  id: number;
  text: string;
  kind: 'good' | 'bad';
}

let toasts: Toast[] = [];
let counter = 0;
const watchers = new Set<() => void>();
const stayFor = 5000;

function set(next: Toast[]): void {
  toasts = next;
  for (const watcher of [...watchers]) watcher();
}

export function dismiss(id: number): void {
  set(toasts.filter((toast) => toast.id !== id));
}

export function toast(text: string, kind: Toast['kind'] = 'good'): void {
  const id = ++counter;
  set([...toasts.slice(-3), { id, text, kind }]);
  if (kind === 'good') setTimeout(() => dismiss(id), stayFor);
}

export function Toasts() {
  const [shown, setShown] = useState(toasts);
  useEffect(() => {
    const update = (): void => setShown(toasts);
    watchers.add(update);
    return () => {
      watchers.delete(update);
    };
  }, []);
  return (
    <div class="toasts" role="status" aria-live="polite">
      {shown.map((one) => (
        <div class={`toast ${one.kind}`} key={one.id}>
          <Icon name={one.kind === 'good' ? 'check' : 'alert'} />
          <span>{one.text}</span>
          <button type="button" class="icon-button" aria-label={t('action.close')} onClick={() => dismiss(one.id)}>
            <Icon name="close" />
          </button>
        </div>
      ))}
    </div>
  );
}
