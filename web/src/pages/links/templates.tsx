// UTM templates: the tags that a team's links carry, with the platform's own macros in them.
import { useState } from 'preact/hooks';
import { links } from '../../api/sources';
import type { UtmTemplate } from '../../api/types';
import { atLeast, currentUser } from '../../session';
import { useAction } from '../../ui/action';
import { Button } from '../../ui/button';
import { Dialog } from '../../ui/dialog';
import { FormEnd, needed, SelectField, Switch, TextField, useForm } from '../../ui/form';
import { t } from '../../ui/i18n';
import { useLoad } from '../../ui/load';
import { Actions } from '../../ui/popover';
import { Badge, Block, Card, Empty, Skeleton } from '../../ui/state';
import { teamOptions, useTeams } from '../../ui/teampick';
import { toast } from '../../ui/toast';
import { TagFields, tagNames } from './tags';

const macros = ['{{ad.id}}', '{{adset.id}}', '{{campaign.id}}', '{{ad.name}}', '{{adset.name}}', '{{campaign.name}}', '{{placement}}', '{{site_source_name}}'];

function Edit({ template, onDone, onClose }: { template: UtmTemplate | null; onDone: () => void; onClose: () => void }) {
  const teams = useTeams();
  const form = useForm({
    initial: {
      name: template?.name ?? '',
      team: template?.team_id ? String(template.team_id) : '',
      utm_source: template?.utm_source ?? 'facebook',
      utm_medium: template?.utm_medium ?? 'cpc',
      utm_campaign: template?.utm_campaign ?? '{{campaign.id}}',
      utm_content: template?.utm_content ?? '{{ad.id}}',
      utm_term: template?.utm_term ?? '',
      is_default: template?.is_default ?? false,
    },
    check: ({ name, utm_source }) => ({ ...needed('name', name), ...needed('utm_source', utm_source) }),
    send: async ({ team, ...rest }) => {
      const whose = team === '' ? null : Number(team);
      await (template === null ? links.addTemplate({ ...rest, team_id: whose }) : links.changeTemplate(template.id, rest));
      toast(t('settings.saved'));
      onDone();
    },
    overrides: { conflict: 'templates.conflict' },
  });
  const { values, set, errors } = form;
  return (
    <Dialog wide title={t(template === null ? 'templates.add' : 'templates.edit')} onClose={onClose}>
      <form onSubmit={form.submit} novalidate>
        <div class="form-row">
          <TextField label={t('templates.name')} name="name" required autofocus value={values.name} error={errors['name']} onInput={(name) => set({ name })} />
          {template === null && <SelectField label={t('team.one')} name="team_id" value={values.team} error={errors['team_id']} options={teamOptions(teams.data?.items ?? [], t('sites.any_team'))} onChange={(team) => set({ team })} />}
        </div>
        <TagFields values={values} errors={errors} onChange={set} />
        <p class="field-help">{t('templates.macros')} <span class="mono">{macros.join(' ')}</span></p>
        <Switch label={t('templates.default')} on={values.is_default} onChange={(is_default) => set({ is_default })} />
        <FormEnd form={form} action={t('action.save')} onCancel={onClose} />
      </form>
    </Dialog>
  );
}

export function Templates() {
  const mayWrite = atLeast(currentUser(), 'targetologist');
  const loaded = useLoad('utm-templates', (signal) => links.templates(signal));
  const [editing, setEditing] = useState<'new' | UtmTemplate | null>(null);
  const action = useAction();
  const archive = (template: UtmTemplate): void =>
    action.run(`t${template.id}`, async () => {
      await links.archiveTemplate(template.id);
      loaded.reload();
      return t('templates.archived', { name: template.name });
    });
  return (
    <Card title={t('links.tab_templates')} side={mayWrite && <Button kind="primary" icon="plus" onClick={() => setEditing('new')}>{t('templates.add')}</Button>}>
      <p class="muted">{t('templates.lead')}</p>
      <Block loaded={loaded} skeleton={<Skeleton lines={4} />}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty icon="link" title={t('templates.empty')} text={t('templates.empty_text')} />
          ) : (
            <ul class="items">
              {items.map((template) => (
                <li class="item" key={template.id}>
                  <div class="two-lines">
                    <span class="connection-name">
                      <b class="clip" title={template.name}>{template.name}</b>
                      {template.team_name !== null && <Badge kind="quiet">{template.team_name}</Badge>}
                      {template.is_default && <Badge kind="accent">{t('templates.is_default')}</Badge>}
                      {template.archived_at !== null && <Badge kind="quiet">{t('team.archived')}</Badge>}
                    </span>
                    <small class="mono">{tagNames.filter((name) => template[name] !== '').map((name) => `${name}=${template[name]}`).join('&')}</small>
                  </div>
                  {mayWrite && template.archived_at === null && (
                    <Actions
                      label={t('action.for', { name: template.name })}
                      actions={[
                        { text: t('action.edit'), run: () => setEditing(template) },
                        { text: t('teams.archive'), danger: true, run: () => archive(template) },
                      ]}
                    />
                  )}
                </li>
              ))}
            </ul>
          )
        }
      </Block>
      {editing !== null && (
        <Edit
          template={editing === 'new' ? null : editing}
          onDone={() => {
            setEditing(null);
            loaded.reload();
          }}
          onClose={() => setEditing(null)}
        />
      )}
    </Card>
  );
}
