// Search: pages, teams and ad accounts by name, from anywhere.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { ads, teams } from '../api/endpoints';
import { addressOf, pages } from '../pages';
import { go } from '../router';
import { atLeast, currentUser } from '../session';
import { Dialog } from '../ui/dialog';
import { matches } from '../ui/form';
import { t } from '../ui/i18n';
import { Icon, type IconName } from '../ui/icon';
import { useLoad } from '../ui/load';

interface Hit {
  id: string;
  icon: IconName;
  text: string;
  note: string;
  to: string;
}

function useHits(): Hit[] {
  const user = currentUser();
  const teamList = useLoad('teams:false', (signal) => teams.list(false, signal));
  const accountList = useLoad(atLeast(user, 'targetologist') ? 'accounts' : null, (signal) => ads.accounts(signal));
  return useMemo(() => {
    const pageHits = pages
      .filter((page) => atLeast(user, page.role))
      .map((page) => ({ id: page.path, icon: page.icon, text: t(page.title), note: `g ${page.key}`, to: addressOf(page) }));
    const teamHits = (teamList.data?.items ?? []).map((team) => ({
      id: `team${team.id}`, icon: 'teams' as const, text: team.name, note: t('search.team'), to: `/?team=${team.id}`,
    }));
    const accountHits = (accountList.data?.items ?? []).map((account) => ({
      id: `account${account.id}`, icon: 'accounts' as const, text: account.name, note: account.external_id, to: `/accounts?find=${encodeURIComponent(account.external_id)}`,
    }));
    return [...pageHits, ...teamHits, ...accountHits];
  }, [teamList.data, accountList.data]);
}

export function Search({ onClose }: { onClose: () => void }) {
  const hits = useHits();
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const list = useRef<HTMLUListElement>(null);
  const found = hits.filter((hit) => matches(text, hit.text, hit.note)).slice(0, 12);
  const chosen = Math.min(at, found.length - 1);

  useEffect(() => {
    list.current?.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' });
  }, [chosen]);
  const open = (hit: Hit | undefined): void => {
    if (!hit) return;
    onClose();
    go(hit.to);
  };
  const keyed = (event: KeyboardEvent): void => {
    if (event.key === 'ArrowDown') setAt(Math.min(found.length - 1, chosen + 1));
    else if (event.key === 'ArrowUp') setAt(Math.max(0, chosen - 1));
    else if (event.key === 'Enter') open(found[chosen]);
    else return;
    event.preventDefault();
  };
  return (
    <Dialog title={t('search.title')} onClose={onClose}>
      <div class="search" onKeyDown={keyed}>
        <input
          class="input"
          type="search"
          role="combobox"
          aria-expanded="true"
          aria-controls="search-hits"
          aria-activedescendant={found[chosen] && `hit-${found[chosen].id}`}
          aria-label={t('search.label')}
          placeholder={t('search.label')}
          value={text}
          onInput={(event) => {
            setText(event.currentTarget.value);
            setAt(0);
          }}
        />
        <ul id="search-hits" role="listbox" aria-label={t('search.title')} ref={list}>
          {found.map((hit, index) => (
            <li
              key={hit.id}
              id={`hit-${hit.id}`}
              role="option"
              aria-selected={index === chosen}
              onPointerMove={() => setAt(index)}
              onClick={() => open(hit)}
            >
              <Icon name={hit.icon} />
              <span>{hit.text}</span>
              <small>{hit.note}</small>
            </li>
          ))}
        </ul>
        {found.length === 0 && <p class="muted">{t('search.nothing')}</p>}
      </div>
    </Dialog>
  );
}
