// What the CRM's words mean here: its statuses, its products, its fields.
import '../../kit_more';
import { setQuery, usePlace } from '../../router';
import { PageHead } from '../../shell/head';
import { Segments } from '../../ui/button';
import { t } from '../../ui/i18n';
import { choice } from '../../view';
import { Fields } from './fields';
import { Products } from './products';
import { Stages } from './stages';

const tabs = ['stages', 'products', 'fields'] as const;

export default function CrmMapsPage() {
  const { query } = usePlace();
  const tab = choice(query.get('tab'), tabs, 'stages');
  return (
    <>
      <PageHead title={t('nav.crm_maps')} lead={t('maps.lead')} />
      <div class="tabs">
        <Segments
          label={t('nav.crm_maps')}
          options={tabs.map((one) => ({ value: one, text: t(`maps.${one}`) }))}
          value={tab}
          onChange={(next) => setQuery({ tab: next === 'stages' ? null : next })}
        />
      </div>
      {tab === 'stages' && <Stages />}
      {tab === 'products' && <Products />}
      {tab === 'fields' && <Fields />}
    </>
  );
}
