// One-off actions from buttons: busy while they run, a toast when they end.
import { useRef, useState } from 'preact/hooks';
import { errorText, type Overrides } from './errors';
import { toast } from './toast';

export interface ActionRunner {
  busy: string | null; // the id of what is running
  run: (id: string, work: () => Promise<string>, overrides?: Overrides) => void;
}

export function useAction(): ActionRunner {
  const [busy, setBusy] = useState<string | null>(null);
  const running = useRef(false);
  const run = (id: string, work: () => Promise<string>, overrides?: Overrides): void => {
    if (running.current) return;
    running.current = true;
    setBusy(id);
    const end = (): void => {
      running.current = false;
      setBusy(null);
    };
    work().then(
      (text) => {
        end();
        toast(text);
      },
      (error: unknown) => {
        end();
        toast(errorText(error, overrides), 'bad');
      },
    );
  };
  return { busy, run };
}

export async function copyText(text: string): Promise<void> {
  await navigator.clipboard.writeText(text);
}
