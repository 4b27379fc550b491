// Short links, the tags put on them, and who followed them.
import '../../kit_more';
import { setQuery, usePlace } from '../../router';
import { atLeast, currentUser } from '../../session';
import { PageHead } from '../../shell/head';
import { Segments } from '../../ui/button';
import { t } from '../../ui/i18n';
import { choice } from '../../view';
import { Builder } from './builder';
import { Hosts } from './hosts';
import { LinkList } from './list';
import { Templates } from './templates';

const all = ['list', 'build', 'templates', 'hosts'] as const;

export default function LinksPage() {
  const { query } = usePlace();
  const isAdmin = atLeast(currentUser(), 'admin');
  const mayWrite = atLeast(currentUser(), 'targetologist');
  const tabs = all.filter((one) => (one !== 'hosts' || isAdmin) && (one !== 'build' || mayWrite));
  const tab = choice(query.get('tab'), tabs, 'list');
  return (
    <>
      <PageHead title={t('nav.links')} lead={t('links.lead')} />
      <div class="tabs">
        <Segments
          label={t('nav.links')}
          options={tabs.map((one) => ({ value: one, text: t(`links.tab_${one}`) }))}
          value={tab}
          onChange={(next) => setQuery({ tab: next === 'list' ? null : next })}
        />
      </div>
      {tab === 'list' && <LinkList />}
      {tab === 'build' && <Builder />}
      {tab === 'templates' && <Templates />}
      {tab === 'hosts' && <Hosts />}
    </>
  );
}
