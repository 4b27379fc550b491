// Landing pages that may hand us leads: each with a key of its own and the lines to paste into it.
import { useState } from 'preact/hooks';
import { leads } from '../../../api/sources';
import type { Site, SiteMade } from '../../../api/types';
import { useAction } from '../../../ui/action';
import { Button } from '../../../ui/button';
import { Confirm, Dialog } from '../../../ui/dialog';
import { FormEnd, needed, SelectField, TextField, useForm } from '../../../ui/form';
import { t } from '../../../ui/i18n';
import { useLoad } from '../../../ui/load';
import { CopyLine } from '../../../ui/once';
import { Actions, type Action } from '../../../ui/popover';
import { Badge, Block, Card, Empty, Skeleton } from '../../../ui/state';
import { teamOptions, useTeams } from '../../../ui/teampick';
import { toast } from '../../../ui/toast';
import { Ago } from '../../../ui/when';

function Edit({ site, onMade, onDone, onClose }: { site: Site | null; onMade: (made: SiteMade) => void; onDone: () => void; onClose: () => void }) {
  const teams = useTeams();
  const form = useForm({
    initial: { name: site?.name ?? '', origin: site?.origin ?? '', team: site?.team_id ? String(site.team_id) : '', limit: String(site?.per_minute ?? 60) },
    check: ({ name, origin }) => ({ ...needed('name', name), ...needed('origin', origin) }),
    send: async ({ name, origin, team, limit }) => {
      const sent = { name: name.trim(), origin: origin.trim(), team_id: team === '' ? null : Number(team), per_minute: Number(limit) || 60 };
      if (site === null) onMade(await leads.addSite(sent));
      else {
        await leads.changeSite(site.id, sent);
        toast(t('settings.saved'));
      }
      onDone();
    },
    overrides: { conflict: 'sites.conflict' },
  });
  const { values, set, errors } = form;
  return (
    <Dialog title={t(site === null ? 'sites.add' : 'sites.edit')} onClose={onClose}>
      <form onSubmit={form.submit} novalidate>
        <TextField label={t('sites.name')} name="name" required autofocus value={values.name} error={errors['name']} onInput={(name) => set({ name })} />
        <TextField label={t('sites.origin')} name="origin" required placeholder="https://land.example.kz" value={values.origin} help={t('sites.origin_help')} error={errors['origin']} onInput={(origin) => set({ origin })} />
        <div class="form-row">
          <SelectField label={t('team.one')} name="team_id" value={values.team} error={errors['team_id']} options={teamOptions(teams.data?.items ?? [], t('sites.any_team'))} onChange={(team) => set({ team })} />
          <TextField label={t('sites.limit')} name="per_minute" inputmode="decimal" value={values.limit} error={errors['per_minute']} onInput={(limit) => set({ limit })} />
        </div>
        <FormEnd form={form} action={t('action.save')} onCancel={onClose} />
      </form>
    </Dialog>
  );
}

function Made({ made, onClose }: { made: SiteMade; onClose: () => void }) {
  return (
    <Dialog wide title={t('sites.made', { name: made.site.name })} onClose={onClose}>
      <p>{t('sites.once')}</p>
      <CopyLine label={t('sites.key')} text={made.key} />
      <CopyLine label={t('sites.event_key')} text={made.event_key} />
      <CopyLine label={t('sites.snippet')} text={made.snippet} lines />
    </Dialog>
  );
}

export function Sites() {
  const loaded = useLoad('sites', (signal) => leads.sites(signal));
  const [editing, setEditing] = useState<'new' | Site | null>(null);
  const [made, setMade] = useState<SiteMade | null>(null);
  const [asking, setAsking] = useState<{ what: 'key' | 'archive'; site: Site } | null>(null);
  const action = useAction();
  const rotate = (site: Site): void =>
    action.run('key', async () => {
      setMade(await leads.newSiteKey(site.id));
      setAsking(null);
      loaded.reload();
      return t('sites.key_made');
    });
  const archive = (site: Site): void =>
    action.run('archive', async () => {
      await leads.archiveSite(site.id);
      setAsking(null);
      loaded.reload();
      return t('sites.archived', { name: site.name });
    });
  const actionsOf = (site: Site): Action[] => [
    { text: t('action.edit'), run: () => setEditing(site) },
    { text: t('sites.new_key'), run: () => setAsking({ what: 'key', site }) },
    { text: t('teams.archive'), danger: true, run: () => setAsking({ what: 'archive', site }) },
  ];
  return (
    <Card title={t('sites.title')} side={<Button icon="plus" onClick={() => setEditing('new')}>{t('sites.add')}</Button>}>
      <p class="muted">{t('sites.lead')}</p>
      <Block loaded={loaded} skeleton={<Skeleton lines={2} />}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty icon="globe" title={t('sites.empty')} text={t('sites.empty_text')} />
          ) : (
            <ul class="items">
              {items.map((site) => (
                <li class="item" key={site.id}>
                  <div class="two-lines">
                    <span class="connection-name">
                      <b class="clip" title={site.name}>{site.name}</b>
                      {site.archived_at !== null && <Badge kind="quiet">{t('team.archived')}</Badge>}
                      <Badge kind={site.leads_30d > 0 ? 'good' : 'quiet'}>{t('sites.leads_30d', { n: site.leads_30d })}</Badge>
                    </span>
                    <small>
                      <span class="mono">{site.origin}</span> · {t('pages.last')} <Ago at={site.last_lead_at} none={t('pages.none_yet')} />
                      {site.key_hint !== null && <> · {t('sites.key_hint', { hint: site.key_hint })}</>}
                    </small>
                  </div>
                  {site.archived_at === null && <Actions label={t('action.for', { name: site.name })} actions={actionsOf(site)} />}
                </li>
              ))}
            </ul>
          )
        }
      </Block>
      {editing !== null && (
        <Edit
          site={editing === 'new' ? null : editing}
          onMade={setMade}
          onDone={() => {
            setEditing(null);
            loaded.reload();
          }}
          onClose={() => setEditing(null)}
        />
      )}
      {made && <Made made={made} onClose={() => setMade(null)} />}
      {asking && (
        <Confirm
          danger
          title={t(asking.what === 'key' ? 'sites.key_title' : 'sites.archive_title', { name: asking.site.name })}
          text={t(asking.what === 'key' ? 'sites.key_text' : 'sites.archive_text')}
          action={t(asking.what === 'key' ? 'sites.new_key' : 'teams.archive')}
          busy={action.busy !== null}
          error={null}
          onConfirm={() => (asking.what === 'key' ? rotate(asking.site) : archive(asking.site))}
          onClose={() => setAsking(null)}
        />
      )}
    </Card>
  );
}
