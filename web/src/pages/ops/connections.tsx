// The connections to everything outside: Meta, its lead forms, amoCRM, landing pages. Whoever is no
// administrator sees the landing pages of the own team.
import '../../kit_more';
import { useEffect } from 'preact/hooks';
import { ads } from '../../api/endpoints';
import { setQuery, usePlace } from '../../router';
import { atLeast, currentUser } from '../../session';
import { PageHead } from '../../shell/head';
import { Segments } from '../../ui/button';
import { t, tMaybe } from '../../ui/i18n';
import { Icon } from '../../ui/icon';
import { useLoad } from '../../ui/load';
import { toast } from '../../ui/toast';
import { choice } from '../../view';
import { Crm } from './connections/crm';
import { LeadPages } from './connections/leadpages';
import { Meta } from './connections/meta';
import { Sites } from './connections/sites';
import { Syncs } from './connections/syncs';
import { Versions } from './connections/versions';

// How the way through the other side's consent page ended; it stands in the address.
function Returned() {
  const { query } = usePlace();
  const connected = query.get('connected') ?? query.get('crm_connected');
  const error = query.get('error') ?? query.get('crm_error');
  useEffect(() => {
    if (connected === null) return;
    toast(t('connect.came_back'));
    setQuery({ connected: null, crm_connected: null, ...(query.has('crm_connected') ? { tab: 'crm' } : {}) });
  }, [connected]);
  if (error === null) return null;
  return (
    <p class="note bad" role="alert">
      <Icon name="alert" size={16} />
      <span>{tMaybe(`connect.error_${error}`) ?? t('connect.error_other')}</span>
    </p>
  );
}

const tabs = ['meta', 'crm', 'sites'] as const;

function MetaTab() {
  const connections = useLoad('connections', (signal) => ads.connections(signal));
  return (
    <>
      <Meta loaded={connections} onChange={connections.reload} />
      <Versions />
      <LeadPages />
    </>
  );
}

export default function ConnectionsPage() {
  const { query } = usePlace();
  if (!atLeast(currentUser(), 'admin')) {
    return (
      <>
        <PageHead title={t('nav.connections')} />
        <Sites />
      </>
    );
  }
  const fromCrm = query.has('crm_connected') || query.has('crm_error');
  const tab = choice(query.get('tab'), tabs, fromCrm ? 'crm' : 'meta');
  return (
    <>
      <PageHead title={t('nav.connections')} lead={t('connections.lead')} />
      <div class="tabs">
        <Segments
          label={t('nav.connections')}
          options={tabs.map((one) => ({ value: one, text: t(`connections.tab_${one}`) }))}
          value={tab}
          onChange={(next) => setQuery({ tab: next === 'meta' ? null : next, error: null, crm_error: null })}
        />
      </div>
      <Returned />
      {tab === 'meta' && <MetaTab />}
      {tab === 'crm' && <Crm />}
      {tab === 'crm' && <Syncs />}
      {tab === 'sites' && <Sites />}
    </>
  );
}
