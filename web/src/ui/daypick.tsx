// A day in a form: written in the language of the page, picked from the calendar.
import type { Day } from '../api/types';
import { reportZone } from '../live';
import { Calendar } from './calendar';
import { dayAt } from './day';
import { fmt, t } from './i18n';
import { Icon } from './icon';
import { Popover } from './popover';

interface DayPickProps {
  label: string;
  value: Day | null;
  none?: string; // what no day means; without it a day must stay
  future?: boolean;
  wrong?: boolean;
  onChange: (day: Day | null) => void;
}

export function DayPick({ label, value, none, future = true, wrong = false, onChange }: DayPickProps) {
  const today = dayAt(Date.now(), reportZone);
  const text = value === null ? (none ?? t('day.choose')) : fmt.dayFull(value);
  return (
    <Popover
      class={wrong ? 'day-pick wrong' : 'day-pick'}
      label={`${label}: ${text}`}
      button={
        <>
          <Icon name="calendar" size={15} />
          <span class={value === null ? 'muted' : 'num'}>{text}</span>
        </>
      }
    >
      {(close) => (
        <div class="range single">
          <Calendar
            single
            future={future}
            from={value ?? today}
            to={value ?? today}
            today={today}
            onPick={(day) => {
              close();
              onChange(day);
            }}
          />
          {none !== undefined && value !== null && (
            <button type="button" class="button small" onClick={() => { close(); onChange(null); }}>{none}</button>
          )}
        </div>
      )}
    </Popover>
  );
}

export function DayField(props: DayPickProps & { help?: string; error?: string | undefined }) {
  return (
    <div class={props.error === undefined ? 'field' : 'field wrong'}>
      <span class="field-label" aria-hidden="true">{props.label}</span>
      <DayPick {...props} wrong={props.error !== undefined} />
      {props.error !== undefined && <p class="field-error" role="alert"><Icon name="alert" size={14} />{props.error}</p>}
      {props.help !== undefined && <p class="field-help">{props.help}</p>}
    </div>
  );
}
