// When a job runs by itself: five fields of a timetable, or the one it was built with.
import { work } from '../../api/sources';
import type { Job } from '../../api/types';
import { Button } from '../../ui/button';
import { Dialog } from '../../ui/dialog';
import { FormEnd, TextField, useForm, type FieldErrors } from '../../ui/form';
import { t } from '../../ui/i18n';
import { toast } from '../../ui/toast';

const field = /^[\d*,/\-]+$/;

// Only the shape is checked here; whether the figures make sense the server says.
export function isCron(text: string): boolean {
  const parts = text.trim().split(/\s+/);
  return parts.length === 5 && parts.every((part) => field.test(part));
}

function check({ cron }: { cron: string }): FieldErrors {
  const wrong: FieldErrors = {};
  if (!isCron(cron)) wrong['cron'] = t('jobs.not_a_cron');
  return wrong;
}

export function Schedule({ job, name, onDone, onClose }: { job: Job; name: string; onDone: () => void; onClose: () => void }) {
  const form = useForm({
    initial: { cron: job.cron },
    check,
    send: async ({ cron }) => {
      await work.schedule(job.name, cron.trim() === job.default_cron ? null : cron.trim());
      toast(t('jobs.schedule_saved', { name }));
      onDone();
    },
  });
  return (
    <Dialog title={t('jobs.schedule_of', { name })} onClose={onClose}>
      <form onSubmit={form.submit} novalidate>
        <TextField
          label={t('jobs.cron')}
          name="cron"
          mono
          required
          autofocus
          value={form.values.cron}
          help={t('jobs.cron_help', { cron: job.default_cron })}
          error={form.errors['cron']}
          onInput={(cron) => form.set({ cron })}
        />
        {form.values.cron !== job.default_cron && (
          <Button small onClick={() => form.set({ cron: job.default_cron })}>{t('jobs.cron_default')}</Button>
        )}
        <FormEnd form={form} action={t('action.save')} onCancel={onClose} />
      </form>
    </Dialog>
  );
}
