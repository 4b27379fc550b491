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
  'rates',
  'rules',
  'teams',
  'users',
] as const;
// Tables of the former databases go by their own names.
const tables = [
  'all_sales_tracking',
  'traffic_sales',
  'express_course_sales',
  'main_product_sales',
  'challenge3d_sales',
  'intensive1d_sales',
  'traffic_leads',
  'traffic_leads_migrated',
  'landing_leads',
  'lead_tracking',
  'exchange_rates',
  'facebook_ad_spend',
  'traffic_user_utm_sources',
  'traffic_teams',
  'traffic_users',
] as const;
const platforms = ['google', 'tiktok', 'yandex', 'other'] as const;
const currencies = ['KZT', 'USD', 'BRL', 'EUR', 'RUB'] as const;

export function Upload({ onDone }: { onDone: (report: ImportReport) => void }) {
  const [kind, setKind] = useState<string>('auto');
  const [currency, setCurrency] = useState('');
  const [platform, setPlatform] = useState<string>('google');
  const [file, setFile] = useState<File | null>(null);
  const [over, setOver] = useState(false);
  const action = useAction();
  const send = (): void => {
    if (file === null) return;
    action.run('send', async () => {
      const report = await (kind === 'costs' ? imports.sendCosts({ platform, currency }, file) : imports.send({ kind, currency }, file));
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
        <SelectField label={t('imports.kind')} name="kind" value={kind} help={t('imports.kind_help')} options={[...kinds.map((one) => ({ value: one, text: t(`imports.kind_${one}`) })), ...tables.map((one) => ({ value: one, text: one }))]} onChange={setKind} />
        {kind === 'costs' && <SelectField label={t('imports.platform')} name="platform" value={platform} help={t('imports.platform_help')} options={platforms.map((one) => ({ value: one, text: t(`imports.platform_${one}`) }))} onChange={setPlatform} />}
        <SelectField label={t('imports.currency')} name="currency" value={currency} help={t('imports.currency_help')} options={[{ value: '', text: t('imports.currency_none') }, ...currencies.map((one) => ({ value: one, text: one }))]} onChange={setCurrency} />
        <div class="form-actions">
          <Button kind="primary" icon="upload" busy={action.busy !== null} disabled={file === null} onClick={send}>{t('imports.send')}</Button>
        </div>
      </div>
    </Card>
  );
}
