// What the pages after the first one share besides kit.ts, named in one place so that it is
// bundled as one file: each of those pages imports this first.
import './kit';
import './api/sources';
import './ui/details';
import './ui/more';
import './ui/once';
import './ui/poll';
import './ui/progress';
import './ui/raw';
import './ui/when';
