// Which of the accounts that the access shows are ours to load.
import { useState } from 'preact/hooks';
import { meta } from '../../api/sources';
import type { Account } from '../../api/types';
import { useAction } from '../../ui/action';
import { Button } from '../../ui/button';
import { Dialog } from '../../ui/dialog';
import { Filter, matches } from '../../ui/form';
import { t } from '../../ui/i18n';
import { Badge } from '../../ui/state';

export function ChooseAccounts({ accounts, onDone, onClose }: { accounts: readonly Account[]; onDone: () => void; onClose: () => void }) {
  const [chosen, setChosen] = useState(() => new Set(accounts.filter((one) => one.is_tracked).map((one) => one.id)));
  const [find, setFind] = useState('');
  const action = useAction();
  const shown = accounts.filter((one) => matches(find, one.name, one.external_id, one.business));
  const put = (ids: readonly number[], on: boolean): void => {
    const next = new Set(chosen);
    for (const id of ids) {
      if (on) next.add(id);
      else next.delete(id);
    }
    setChosen(next);
  };
  const save = (): void =>
    action.run('save', async () => {
      await meta.select([...chosen]);
      onDone();
      return t('choose.saved', { n: chosen.size });
    });
  return (
    <Dialog wide title={t('choose.title')} onClose={onClose}>
      <p class="muted">{t('choose.lead')}</p>
      <div class="filters">
        <Filter value={find} onInput={setFind} label={t('accounts.find')} />
        <Button small onClick={() => put(shown.map((one) => one.id), true)}>{t('choose.all')}</Button>
        <Button small onClick={() => put(shown.map((one) => one.id), false)}>{t('choose.none')}</Button>
      </div>
      <ul class="items choose">
        {shown.map((one) => (
          <li key={one.id}>
            <label class="check-row">
              <input type="checkbox" checked={chosen.has(one.id)} onChange={() => put([one.id], !chosen.has(one.id))} />
              <span class="two-lines">
                <span class="clip" title={one.name}>{one.name}</span>
                <small>
                  <span class="mono">{one.external_id}</span>
                  {one.business !== null && ` · ${one.business}`} · {one.currency}
                </small>
              </span>
              {one.role !== null && <Badge kind={one.role === 'owned' ? 'good' : 'quiet'}>{t(`choose.role_${one.role}`)}</Badge>}
            </label>
          </li>
        ))}
      </ul>
      <footer class="form-actions">
        <Button onClick={onClose}>{t('action.cancel')}</Button>
        <Button kind="primary" busy={action.busy !== null} onClick={save}>{t('choose.save', { n: chosen.size })}</Button>
      </footer>
    </Dialog>
  );
}
