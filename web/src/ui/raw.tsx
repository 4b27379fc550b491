// Raw bytes, as they came: readable where the format is known, and always copyable as they are.
import { useState } from 'preact/hooks';
import { Segments } from './button';
import { t } from './i18n';
import { CopyLine } from './once';

// JSON with line breaks, forms as one pair a line; null when the text is neither.
export function readable(body: string, contentType: string): string | null {
  if (/json/i.test(contentType) || /^\s*[[{]/.test(body)) {
    try {
      return JSON.stringify(JSON.parse(body), null, 2);
    } catch {
      return null;
    }
  }
  if (!/urlencoded/i.test(contentType)) return null;
  return [...new URLSearchParams(body)].map(([name, value]) => `${name} = ${value}`).join('\n');
}

export function Raw({ body, contentType }: { body: string; contentType: string }) {
  const shaped = readable(body, contentType);
  const [mode, setMode] = useState<'shaped' | 'exact'>(shaped === null ? 'exact' : 'shaped');
  return (
    <div class="raw">
      {shaped !== null && (
        <Segments
          label={t('raw.mode')}
          options={[{ value: 'shaped', text: t('raw.shaped') }, { value: 'exact', text: t('raw.exact') }]}
          value={mode}
          onChange={setMode}
        />
      )}
      <CopyLine label={t('raw.bytes')} text={mode === 'shaped' && shaped !== null ? shaped : body} lines />
    </div>
  );
}
