import { PageHead } from '../../shell/head';
import { t } from '../../ui/i18n';
export default function Page() {
  return <PageHead title={t('page.missing')} />;
}
