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

const parts = ['source', 'medium', 'campaign', 'content', 'term'] as const;
const macros = ['{{ad.id}}', '{{adset.id}}', '{{campaign.id}}', '{{ad.name}}', '{{adset.name}}', '{{campaign.name}}', '{{placement}}', '{{site_source_name}}'];

function Edit({ template, onDone, onClose }: { template: UtmTemplate | null; onDone: () => void; onClose: () => void }) {
  const teams = useTeams();
  const form = useForm({
    initial: {
      name: template?.name ?? '',
      team: template?.team_id ? String(template.team_id) : '',
      source: template?.source ?? 'facebook',
      medium: template?.medium ?? 'cpc',
      campaign: template?.campaign ?? '{{campaign.id}}',
      content: template?.content ?? '{{ad.id}}',
      term: template?.term ?? '',
      is_default: template?.is_default ?? false,
    },
    check: ({ name, source }) => ({ ...needed('name', name), ...needed('source', source) }),
    send: async ({ team, ...rest }) => {
      const sent = { ...rest, team_id: team === '' ? null : Number(team) };
      await (template === null ? links.addTemplate(sent) : links.changeTemplate(template.id, sent));
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
          <SelectField label={t('team.one')} name="team_id" value={values.team} error={errors['team_id']} options={teamOptions(teams.data?.items ?? [], t('sites.any_team'))} onChange={(team) => set({ team })} />
        </div>
        <div class="form-row">
          {parts.map((part) => (
            <TextField key={part} label={`utm_${part}`} name={part} mono value={values[part]} error={errors[part]} onInput={(text) => set({ [part]: text })} />
          ))}
        </div>
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
                      {template.is_default && <Badge kind="accent">{t('templates.is_default')}</Badge>}
                      {template.archived_at !== null && <Badge kind="quiet">{t('team.archived')}</Badge>}
                    </span>
                    <small class="mono">{parts.filter((part) => template[part] !== '').map((part) => `utm_${part}=${template[part]}`).join('&')}</small>
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
