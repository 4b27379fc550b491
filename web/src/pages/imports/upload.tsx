// Choosing a file, or dropping one, and sending it up.
import { useState } from 'preact/hooks';
import { imports } from '../../api/sources';
import type { ImportReport } from '../../api/types';
import { useAction } from '../../ui/action';
import { Button } from '../../ui/button';
import { SelectField } from '../../ui/form';
import { t } from '../../ui/i18n';
import { Icon } from '../../ui/icon';
import { Progress } from '../../ui/progress';
import { Card } from '../../ui/state';
import { sizeText } from '../../ui/when';

const kinds = [
  'auto',
  'sales',
  'leads',
  'costs',
  'rules',
  'express_course_sales',
  'main_product_sales',
  'challenge3d_sales',
  'intensive1d_sales',
  'all_sales_tracking',
  'traffic_leads',
  'landing_leads',
  'lead_tracking',
] as const;

export function Upload({ onDone }: { onDone: (report: ImportReport) => void }) {
  const [kind, setKind] = useState<string>('auto');
  const [file, setFile] = useState<File | null>(null);
  const [over, setOver] = useState(false);
  const action = useAction();
  const send = (): void => {
    if (file === null) return;
    action.run('send', async () => {
      const report = await imports.send(kind, file);
      setFile(null);
      onDone(report);
      return t('imports.done', { taken: report.taken, refused: report.refused });
    }, { bad_input: 'imports.bad_file', too_large: 'imports.too_large' });
  };
  return (
    <Card title={t('imports.upload')}>
      <div
        class={over ? 'drop over' : 'drop'}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault();
          setOver(false);
          setFile(event.dataTransfer?.files[0] ?? null);
        }}
      >
        <Icon name="upload" size={24} />
        <p>{file === null ? t('imports.drop') : `${file.name} · ${sizeText(file.size)}`}</p>
        <label class="button small">
          <span>{t('imports.choose')}</span>
          <input type="file" class="sr" accept=".csv,text/csv" onChange={(event) => setFile(event.currentTarget.files?.[0] ?? null)} />
        </label>
      </div>
      {action.busy !== null && <Progress label={t('imports.upload')} progress={null} />}
      <div class="form-row upload-row">
        <SelectField label={t('imports.kind')} name="kind" value={kind} help={t('imports.kind_help')} options={kinds.map((one) => ({ value: one, text: t(`imports.kind_${one}`) }))} onChange={setKind} />
        <div class="form-actions">
          <Button kind="primary" icon="upload" busy={action.busy !== null} disabled={file === null} onClick={send}>{t('imports.send')}</Button>
        </div>
      </div>
    </Card>
  );
}
