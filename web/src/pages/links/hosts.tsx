// The hosts that short links may lead to: nobody can make our address lead anywhere else.
import { links } from '../../api/sources';
import { FormEnd, TextField, useForm } from '../../ui/form';
import { t } from '../../ui/i18n';
import { useLoad } from '../../ui/load';
import { Block, Card, Skeleton } from '../../ui/state';
import { toast } from '../../ui/toast';

// One host a line; addresses pasted whole are cut down to their host.
export function readHosts(text: string): string[] {
  const found = text
    .split(/[\s,;]+/)
    .map((one) => one.trim().toLowerCase().replace(/^https?:\/\//, '').replace(/[/?#].*$/, ''))
    .filter((one) => one !== '');
  return [...new Set(found)];
}

function Edit({ items, onDone }: { items: readonly string[]; onDone: () => void }) {
  const form = useForm({
    initial: { hosts: items.join('\n') },
    send: async ({ hosts }) => {
      await links.allow(readHosts(hosts));
      toast(t('settings.saved'));
      onDone();
    },
  });
  return (
    <form onSubmit={form.submit} novalidate>
      <TextField label={t('hosts.label')} name="items" mono lines={8} value={form.values.hosts} help={t('hosts.help')} error={form.errors['items']} onInput={(hosts) => form.set({ hosts })} />
      <FormEnd form={form} action={t('action.save')} />
    </form>
  );
}

export function Hosts() {
  const loaded = useLoad('link-hosts', (signal) => links.hosts(signal));
  return (
    <Card title={t('links.tab_hosts')}>
      <p class="muted">{t('hosts.lead')}</p>
      <Block loaded={loaded} skeleton={<Skeleton lines={4} />}>
        {({ items, from_settings }) => (
          <>
            {from_settings.length > 0 && <p class="note"><span>{t('hosts.from_settings', { hosts: from_settings.join(', ') })}</span></p>}
            <Edit key={items.join()} items={items} onDone={loaded.reload} />
          </>
        )}
      </Block>
    </Card>
  );
}
