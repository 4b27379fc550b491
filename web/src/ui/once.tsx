// Text to take along: copied by a button or by hand. Secrets among it are shown this one time.
import { copyText } from './action';
import { Button } from './button';
import { t } from './i18n';
import { toast } from './toast';

export function CopyLine({ label, text, lines = false }: { label: string; text: string; lines?: boolean }) {
  const copy = (): void => {
    copyText(text).then(
      () => toast(t('action.copied')),
      () => toast(t('more.copy_failed'), 'bad'),
    );
  };
  return (
    <div class="take">
      <div class="take-head">
        <span class="field-label">{label}</span>
        <Button small icon="copy" onClick={copy}>{t('action.copy')}</Button>
      </div>
      <pre class={lines ? 'take-text mono' : 'take-text mono one'} tabIndex={0}>{text}</pre>
    </div>
  );
}
