//! Every bound of the program, with its unit in the name.

use std::time::Duration;

/// Output kept from the start of a process, in bytes; the middle is counted and dropped.
pub const OUTPUT_HEAD_BYTES_MAX: usize = 64 * 1024;
/// Output kept from the end of a process, in bytes.
pub const OUTPUT_TAIL_BYTES_MAX: usize = 192 * 1024;
/// Output after which a process is ended as a flood, in bytes.
pub const OUTPUT_FLOOD_BYTES: u64 = 64 * 1024 * 1024;
/// A structured report file larger than this is cut and counts as incomplete.
pub const REPORT_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Report files read of one run; more make the report incomplete.
pub const REPORT_FILES_MAX: usize = 10_000;
/// `greenloop.toml`, in bytes.
pub const CONFIG_BYTES_MAX: usize = 1024 * 1024;
/// Errors with a place kept of one run of a check.
pub const PROBLEMS_MAX: usize = 200;
/// Names of tests put on one command line, in bytes; above it all tests run and the others are left out after.
pub const SELECT_BYTES_MAX: usize = 64 * 1024;
/// Sources read to find out which checks a project has; projects that need more are told to name their checks.
pub const DETECT_FILES_MAX: usize = 4_000;
/// How long a question to an interpreter may take.
pub const PROBE_WALL: Duration = Duration::from_secs(10);
/// Between two looks at a report that is being written.
pub const REPORT_POLL: Duration = Duration::from_millis(25);
/// How long a check may run when nothing else is said.
pub const CHECK_WALL_DEFAULT: Duration = Duration::from_secs(600);
/// One test gets this part of its check's time at most, so that one without end leaves time for the others and for a run of
/// it alone.
pub const CHECK_TEST_SHARE: u32 = 10;
/// The same for all tests of one program, where no less can be ended.
pub const CHECK_PROGRAM_SHARE: u32 = 4;
/// A line of output longer than this is cut before it is looked at, in bytes.
pub const OUTPUT_LINE_BYTES_MAX: usize = 1024 * 1024;
/// How long the output of a program that ended is read on, and how long a killed one may take to go.
pub const DRAIN_WAIT: Duration = Duration::from_secs(1);
/// The unit of limits in `greenloop.toml`, in bytes.
pub const MEGABYTE: u64 = 1024 * 1024;
/// Memory of all processes of a sandbox when nothing else is said and half of the machine's is less, in bytes.
pub const JAIL_MEMORY_BYTES_DEFAULT_MIN: u64 = 4096 * MEGABYTE;
/// Processes of a sandbox when nothing else is said.
pub const JAIL_PROCESSES_DEFAULT: u64 = 512;
/// Threads a sandbox may have per process it may have.
pub const JAIL_THREADS_PER_PROCESS: u64 = 16;
/// Files written by one sandboxed command when nothing else is said, in bytes.
pub const JAIL_DISK_BYTES_DEFAULT: u64 = 4096 * MEGABYTE;
/// How much further than a limit a sandbox can get before it is seen, in bytes: the room a file system of its own has.
pub const JAIL_OVERSHOOT_BYTES: u64 = 256 * MEGABYTE;
/// Between two looks at what a sandbox uses, at least.
pub const JAIL_WATCH_EVERY: Duration = Duration::from_millis(50);
/// Looks at what a sandbox uses take at most this part of the time.
pub const JAIL_WATCH_SHARE: u32 = 20;
/// Hosts that a sandbox may have doors to.
pub const JAIL_HOSTS_MAX: usize = 64;
/// Connections carried out of a sandbox at the same time; more are hung up.
pub const RELAY_CONNECTIONS_MAX: usize = 256;
/// How much processes in a sandbox stand back behind others.
pub const JAIL_NICE: i32 = 5;
/// Files a sandboxed program may have open.
pub const JAIL_OPEN_FILES_MAX: u64 = 16 * 1024;
/// What a sandbox says about itself, in bytes.
pub const JAIL_REPORT_BYTES_MAX: u64 = 64 * 1024;
/// Files a world may differ in from its base before the base is brought to the tree instead.
pub const WORLD_CHANGES_MAX: usize = 200;
/// Materialised trees kept per project.
pub const BASES_MAX: usize = 3;
/// Worlds open at once per project where each needs a folder of its own.
pub const POOL_SLOTS_MAX: usize = 16;
/// Threads that write the files of a tree.
pub const MATERIALISE_THREADS_MAX: usize = 4;
/// Between asking a process tree to end and ending it.
pub const KILL_GRACE: Duration = Duration::from_secs(2);
/// Files a worker may leave changed.
pub const LEFT_FILES_MAX: usize = 10_000;
/// What the files that a worker leaves changed may hold together, in bytes.
pub const LEFT_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// How long a worker's program may run when nothing else is said.
pub const WORKER_WALL_DEFAULT: Duration = Duration::from_secs(600);
/// What is shown of a line that a worker's program prints, in bytes.
pub const WORKER_LINE_BYTES_MAX: usize = 200;

/// Of a title where it stands on one line: of a document, or of a question.
pub const TITLE_BYTES_MAX: usize = 100;
/// Between two reports of how far a worker is.
pub const PROGRESS_EVERY: Duration = Duration::from_millis(100);
/// Message text kept per test, in bytes.
pub const TEST_MESSAGE_BYTES_MAX: usize = 8 * 1024;
/// Tests kept in one report; more make the report incomplete.
pub const TEST_CASES_MAX: usize = 200_000;
/// A file larger than this is left out of snapshots and named in a warning, in bytes.
pub const SNAPSHOT_FILE_BYTES_MAX: u64 = 100 * 1024 * 1024;
/// A source file larger than this is not searched for repairs, in bytes.
pub const REPAIR_FILE_BYTES_MAX: usize = 512 * 1024;
/// A source file larger than this has no outline, in bytes.
pub const OUTLINE_FILE_BYTES_MAX: usize = 512 * 1024;
/// A source file whose lines are longer than this on average is made by a machine and has no outline, in bytes.
pub const OUTLINE_LINE_BYTES_MEAN_MAX: usize = 300;
/// A name longer than this is not in an outline, in bytes.
pub const OUTLINE_NAME_BYTES_MAX: usize = 128;
/// A signature in an outline, in bytes.
pub const SIGNATURE_LINE_BYTES_MAX: usize = 160;
/// Outlines of one map of a repository, in bytes as packed; files beyond are left out.
pub const REPO_MAP_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Red tests beside its goal that a search looks at.
pub const OTHER_TESTS_MAX: usize = 20;
/// Those of them of which it looks what they run.
pub const OBSERVED_OTHERS_MAX: usize = 8;
/// Candidates of one search.
pub const CANDIDATES_MAX: usize = 12_000;
/// Those where red tests have not come yet.
pub const BEYOND_MAX: usize = 600;
/// Those of them that are chosen first where it costs little to begin anew: choosing takes about 100 µs each.
pub const FIRST_CANDIDATES: usize = 1_000;
/// The same where it costs more.
pub const SLOW_FIRST_CANDIDATES: usize = 4_000;
/// It costs little to begin anew where looking at what tests run took no longer.
pub const OBSERVE_QUICK_MAX: Duration = Duration::from_secs(1);
/// Attempts of a run when nothing else is said.
pub const ATTEMPTS_DEFAULT: u32 = 3;
/// Runs that a report tells of.
pub const RUNS_REPORTED_MAX: usize = 1_000;
/// Lessons that one run uses.
pub const LESSONS_USED_MAX: usize = 20;
/// Lessons that are kept; the oldest go.
pub const LESSONS_KEPT_MAX: usize = 2_000;
/// Rejected changes that a run is told to avoid.
pub const AVOIDED_MAX: usize = 200;
/// Rounds that bring nothing before work stops going on as it does.
pub const WASTED_MAX: usize = 3;
/// Wall time of a run when nothing else is said.
pub const RUN_WALL_DEFAULT: Duration = Duration::from_secs(900);
/// One attempt of a worker, whatever time its run has.
pub const WORK_WALL_MAX: Duration = Duration::from_secs(24 * 60 * 60);
/// Commands waiting for the engine; one more is answered `Busy`.
pub const COMMANDS_WAITING_MAX: usize = 256;
/// One message from the editor, in bytes.
pub const FRAME_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Values (numbers, texts, lists, objects) in one message from the editor; each takes far more memory than text.
pub const FRAME_VALUES_MAX: usize = 500_000;
/// Messages up to this size, in bytes, cannot hold too many values for the memory and are not counted.
pub const FRAME_UNCOUNTED_BYTES_MAX: usize = 256 * 1024;
/// Messages up to this size, in bytes, are decoded where they are handled: it takes less time than to have it done
/// elsewhere.
pub const FRAME_AT_ONCE_BYTES_MAX: usize = 32 * 1024;
/// The id of a request of the editor, in bytes.
pub const REQUEST_ID_BYTES_MAX: usize = 1024;
/// The name of a document or folder, in bytes: the longest path that Linux takes (4096), with every byte in three.
pub const URI_BYTES_MAX: usize = 16 * 1024;
/// Names that are remembered as the editor spells them, in bytes; the oldest give way.
pub const ALIASES_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Requests of the editor whose handlers wait for something; one more is refused.
pub const REQUESTS_WAITING_MAX: usize = 1_000;
/// Questions to the editor that are open; one more counts as not answered.
pub const QUESTIONS_OPEN_MAX: usize = 256;
/// Threads for work that would hold up other messages, reading and writing included.
pub const LSP_THREADS_MAX: usize = 16;
/// Folders of one editor whose projects are open.
pub const FOLDERS_OPEN_MAX: usize = 64;
/// Documents of one editor that are open; more are not followed.
pub const DOCUMENTS_OPEN_MAX: usize = 10_000;
/// The memory one open document takes, in bytes; a larger one is not followed.
pub const DOCUMENT_BYTES_MAX: usize = 32 * 1024 * 1024;
/// The memory all open documents take, in bytes.
pub const DOCUMENTS_BYTES_MAX: usize = 96 * 1024 * 1024;
/// The memory that texts take which were on the screen when runs began, in bytes, as if none were still there. Of more,
/// only the hashes are kept.
pub const SEEN_BYTES_MAX: usize = 96 * 1024 * 1024;
/// What following one message of changes may take, in bytes that are looked at one by one: far more than what replaces
/// every word of a large file, less than a second.
pub const CHANGES_COST_MAX: usize = 512 * 1024 * 1024;
/// One entry of the log, in bytes.
pub const LOG_ENTRY_BYTES_MAX: usize = 4 * 1024;
/// The text of an error or a refusal, in bytes; it may quote what was sent.
pub const ERROR_BYTES_MAX: usize = 1024;
/// A method name in the table of latencies, in bytes; longer ones are counted together.
pub const METHOD_BYTES_MAX: usize = 64;
/// Hunks listed for one file; more are offered as one.
pub const HUNKS_PER_FILE_MAX: usize = 200;
/// Progress reports sent to an editor per second.
pub const PROGRESS_PER_SECOND_MAX: u32 = 4;
/// Effects (snapshots, check runs, workers) at work at the same time; more wait their turn.
pub const EFFECTS_AT_ONCE_MAX: usize = 2;

/// Steps of a run that are worked on at once when nothing else is said.
pub const STEPS_AT_ONCE_DEFAULT: u32 = 2;
/// Checks of one tree that run at once when nothing else is said.
pub const CHECKS_AT_ONCE_DEFAULT: u32 = 2;
/// How alike two files are that count as one renamed, in percent.
pub const RENAME_PERCENT_MIN: u16 = 60;
/// Between two looks at what other processes did to the same project.
pub const OTHERS_WATCH_EVERY: Duration = Duration::from_secs(1);
/// Parts of one proposal that wait to be checked, at most.
pub const SUBSETS_WAITING_MAX: usize = 64;
/// Files one proposal may change.
pub const PROPOSAL_FILES_MAX: usize = 500;
/// How long a stopping engine waits for each thread to let go of its processes.
pub const STOP_WAIT: Duration = Duration::from_secs(2);
/// Files in one snapshot; a project with more is refused.
pub const SNAPSHOT_FILES_MAX: usize = 1_000_000;
/// Ignored files that a snapshot looks into for generated code.
pub const SNAPSHOT_IGNORED_MAX: usize = 2_000;
/// Folders inside folders in one snapshot; deeper ones are left out and named in a warning.
pub const SNAPSHOT_DEPTH_MAX: usize = 200;
/// Warnings of one snapshot; the rest is counted.
pub const SNAPSHOT_WARNINGS_MAX: usize = 20;
/// Read of one ignore or attributes file, in bytes.
pub const IGNORE_FILE_BYTES_MAX: u64 = 1024 * 1024;
/// Read of git's listing of tracked files, in bytes.
pub const GIT_LISTING_BYTES_MAX: u64 = 512 * 1024 * 1024;
/// Notices waiting for the command line to print them; the engine waits when they are more.
pub const NOTICES_WAITING_MAX: usize = 4096;
/// Lines of two texts, together and after their common start and end, that are compared; more count as one change.
pub const DIFF_LINES_MAX: usize = 200_000;
/// A header line from the editor longer than this is taken for rubbish, in bytes.
pub const HEADER_LINE_BYTES_MAX: usize = 8 * 1024;
/// Messages waiting for an editor that does not read; with more, its own messages are no longer read.
pub const OUTBOX_MESSAGES_MAX: usize = 10_000;
/// As above, in bytes of these messages.
pub const OUTBOX_BYTES_MAX: usize = 32 * 1024 * 1024;
/// How long messages may take to reach an editor when the server ends.
pub const FLUSH_WALL_MAX: Duration = Duration::from_secs(1);
/// How long engines may take to end their processes when the server ends.
pub const ENGINES_END_WALL_MAX: Duration = Duration::from_secs(4);
/// Between two looks whether the editor's process is still there.
pub const EDITOR_WATCH_EVERY: Duration = Duration::from_secs(5);
/// How long an editor may take to answer a question that waits for no person.
pub const EDITOR_ANSWER_WALL_MAX: Duration = Duration::from_secs(10);
/// How long an editor may take to apply an edit; some ask the user first.
pub const EDITOR_APPLY_WALL_MAX: Duration = Duration::from_secs(60);
/// Acceptances that wait for the editor or for an answer, and looks for what the editor applied by itself; one more is
/// answered `Busy`.
pub const ACCEPTANCES_WAITING_MAX: usize = 16;
/// Documents of ours that an editor is kept informed about.
pub const VIRTUAL_DOCUMENTS_MAX: usize = 128;
/// How long a question to the user stays open; no answer then is no choice.
pub const QUESTION_WALL_MAX: Duration = Duration::from_secs(600);
/// Edits followed per document until they arrive, and files that are not open with edits to be followed.
pub const EDITS_AWAITED_MAX: usize = 256;
/// How long after it was given an edit can arrive over what was typed meanwhile and be taken back: until the editor has
/// answered and the texts were looked at.
pub const EDIT_ARRIVES_WALL_MAX: Duration =
    EDITOR_APPLY_WALL_MAX.saturating_add(ACCEPT_SHOWS_WALL_MAX);
/// Changes of a document remembered for edits that were made just before them.
pub const RECENT_CHANGES_MAX: usize = 64;
/// Quiet time after a change before a review is drawn again.
pub const REVIEW_QUIET: Duration = Duration::from_millis(50);
/// Between two requests to an editor to ask again for lenses and hints.
pub const REFRESH_PAUSE: Duration = Duration::from_millis(500);
/// Longest time a review waits for quiet.
pub const REVIEW_QUIET_WALL_MAX: Duration = Duration::from_millis(300);
/// How long an accepted change may take to show in the text before the user is told that it does not.
pub const ACCEPT_SHOWS_WALL_MAX: Duration = Duration::from_millis(300);
/// Runs remembered for an editor; the oldest finished one gives way.
pub const RUNS_SHOWN_MAX: usize = 64;
/// Check runs remembered for a project.
pub const CHECK_CACHE_MAX: usize = 512;
/// A remembered check run is believed for so long: what it depends on outside the project may change unseen.
pub const CHECK_CACHE_AGE_MAX: Duration = Duration::from_secs(24 * 60 * 60);
/// Files of a folder outside a project that are looked at for what a check depends on.
pub const LINKED_FILES_MAX: usize = 20_000;
/// How often what is left of a test program of Go or Rust is run after a test ended it.
pub const RESTS_MAX: usize = 6;
/// Test programs of which that is done.
pub const RESTS_PROGRAMS_MAX: usize = 8;
/// A check whose run took longer first runs the tests that a change is most likely to leave or turn red.
pub const CHECK_QUICK_MAX: Duration = Duration::from_secs(2);
/// How long a search for a repair goes on after its first find, at least.
pub const SEARCH_AFTER_HIT_MIN: Duration = Duration::from_secs(1);
/// How long a search for a repair goes on after its first find, at most.
pub const SEARCH_AFTER_HIT_MAX: Duration = Duration::from_secs(20);
/// Choosing the next candidates and loading the tests for them takes so long; after a find it is not begun for less.
pub const NEXT_WAVE_MIN: Duration = Duration::from_millis(600);
/// How long one search for a repair lasts when it finds nothing.
pub const SEARCH_WALL_MAX: Duration = Duration::from_secs(300);
/// Running tests of one process one by one to see which lines they run: those that are to pass, then the others.
pub const OBSERVE_WALL: Duration = Duration::from_secs(3);
/// The same of each test that is a process of its own.
pub const OBSERVE_TEST_WALL: Duration = Duration::from_secs(5);
/// What all processes that try candidates at the same time may take together, in bytes.
pub const CANDIDATE_MEMORY_BYTES: u64 = 640 * MEGABYTE;
/// What each of them gets in any case, in bytes.
pub const CANDIDATE_MEMORY_BYTES_MIN: u64 = 320 * MEGABYTE;
/// Candidates that fix some failing tests and are combined with others, per test.
pub const PARTIAL_BEAM: usize = 50;
/// Candidates combined into one patch, at most.
pub const PATCH_PARTS_MAX: usize = 3;
/// Failing tests that every candidate alone is run against in turn, while none makes all of them pass.
pub const SCREENS_MAX: usize = 4;
/// Comparing passing candidates gets so long at least, however late it is.
pub const JUDGE_WALL_MIN: Duration = Duration::from_secs(3);
/// Small changes near an edit that passes, tried to see whether tests notice them.
pub const MUTANTS_MAX: usize = 40;
/// Fewer of them say nothing.
pub const MUTANTS_MIN: usize = 8;
/// How long that takes at most, once the first is tried.
pub const MUTANTS_WALL: Duration = Duration::from_secs(1);
/// Passing candidates compared by what they do where no test looks.
pub const JUDGED_MAX: usize = 12;
/// Other candidates that pass and are shown beside the one that was chosen.
pub const OTHERS_SHOWN_MAX: usize = 2;
/// Passing candidates kept for ranking.
pub const PLAUSIBLE_MAX: usize = 200;
/// Rust programs with other patches that are built at the same time: each takes a gigabyte of a large crate.
pub const RUST_LANES_MAX: usize = 2;
/// Patches built into one Rust program at first; few, so that the likeliest have their verdicts soon.
pub const RUST_FIRST_BATCH_PATCHES: usize = 200;
/// Patches built into one Rust program later.
pub const RUST_BATCH_PATCHES: usize = 800;
/// Of these in one function: checking borrows takes time with the square of what a function holds (500: 5 s, 150: half a second).
pub const RUST_BATCH_FUNCTION_PATCHES: usize = 160;
/// Builds of one batch, each without the edits the one before could not compile.
pub const RUST_BUILD_ROUNDS_MAX: usize = 24;
/// Rounds after which what still fails to compile is put off to the next batch.
pub const RUST_BUILD_ROUNDS_SHORT: usize = 3;
/// Rust patches of one batch that are tried with a build each.
pub const RUST_SINGLE_BUILDS_PER_BATCH: usize = 4;
/// Rust patches of one search that are tried with a build each.
pub const RUST_SINGLE_BUILDS_MAX: usize = 24;
/// Sources of a project in which lines are counted, in bytes; a larger one takes too long to build once more.
pub const RUST_OBSERVED_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Green tests whose coverage is taken.
pub const RUST_OBSERVED_GREEN_MAX: usize = 60;
/// Patches built into one Go program at first; few, so that the likeliest have their verdicts soon.
pub const GO_FIRST_BATCH_PATCHES: usize = 150;
/// Patches built into one Go program later.
pub const GO_BATCH_PATCHES: usize = 1500;
/// Go patches in a row with which nothing builds, though the compiler does not object to them, before the search gives up.
pub const GO_UNBUILT_MAX: usize = 8;
/// Builds of one batch of Go patches, each without the edits the one before could not compile.
pub const GO_BUILD_ROUNDS_MAX: usize = 12;
/// Go patches of one search that are tried with a run of the check each.
pub const GO_SINGLE_BUILDS_MAX: usize = 24;
/// Go test programs that are built for the tests that must stay green; the check that verifies the result runs all.
pub const GO_PROGRAMS_MAX: usize = 6;
/// Coverage read of one test, in bytes.
pub const COVERAGE_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// A run of tests with a patch is ended after this many times what it takes without.
pub const TRY_BASELINE_FACTOR: u32 = 10;
/// No run of tests is ended earlier.
pub const TRY_WALL_MIN: Duration = Duration::from_secs(2);
/// But one in a process of its own is, as long as there are other patches to try: it is run once more later.
pub const TRY_WALL_SHORT: Duration = Duration::from_millis(200);
/// What a run of tests may compute, in processor time, when it is ended by that: much more than most take, because some
/// of what a wrong edit makes endless is among the first tried.
pub const TRY_CPU_MIN: Duration = Duration::from_millis(400);
/// A failing test that runs longer without any patch is taken to be endless.
pub const TRY_SCREEN_MAX: Duration = Duration::from_secs(10);
/// No run of tests goes on longer.
pub const TRY_WALL_MAX: Duration = Duration::from_secs(120);
/// Files of tests read to see whether a change answers by their inputs.
pub const GUARD_TEST_FILES_MAX: usize = 400;
/// A file of tests larger than this, in bytes, is not read for that.
pub const GUARD_TEST_BYTES_MAX: usize = 256 * 1024;
/// Turns of a language model in one attempt.
pub const MODEL_TURNS_MAX: usize = 50;
/// How often a language model is told in one attempt that what it made is not green.
pub const MODEL_RED_ROUNDS_MAX: usize = 3;
/// Questions that language models may ask a person while they work on one step.
pub const QUESTIONS_OF_STEP_MAX: usize = 3;
/// Questions that language models may ask a person about a goal before it is planned.
pub const QUESTIONS_OF_GOAL_MAX: usize = 3;
/// Of such a question, in bytes.
pub const INQUIRY_BYTES_MAX: usize = 1_000;
/// Answers to choose from.
pub const INQUIRY_OPTIONS_MAX: usize = 6;
/// Of such an answer, in bytes: editors show it on a button.
pub const INQUIRY_OPTION_BYTES_MAX: usize = 80;
/// Of what a person says to it, in bytes.
pub const ANSWER_BYTES_MAX: usize = 8 * 1024;
/// Steps of one plan.
pub const PLAN_STEPS_MAX: usize = 50;
/// Tests of a step that nobody could do, up to which each is tried by itself.
pub const STEP_PARTS_MAX: usize = 6;
/// The text of a plan, in bytes; a longer one is not read.
pub const PLAN_BYTES_MAX: usize = 4 * 1024 * 1024;
/// The signature of a failure, in bytes.
pub const SIGNATURE_BYTES_MAX: usize = 160;
/// An answer of a language model, in bytes.
pub const MODEL_ANSWER_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Read of what a model's server says about a refusal, in bytes.
pub const MODEL_REFUSAL_BYTES_MAX: usize = 64 * 1024;
/// How long a connection to a model's server may take to be made.
pub const MODEL_CONNECT_WALL_MAX: Duration = Duration::from_secs(15);
/// How long the bill of an answer is waited for once its end is proven.
pub const MODEL_BILL_WALL_MAX: Duration = Duration::from_secs(5);
/// How long a program may take to say a key; it may ask its user first.
pub const MODEL_KEY_WALL_MAX: Duration = Duration::from_secs(60);
/// Attempts at one call of a model.
pub const MODEL_ATTEMPTS_MAX: u32 = 6;
/// The first wait between two of them; each further one is twice as long.
pub const MODEL_WAIT_FIRST: Duration = Duration::from_secs(1);
/// No wait of our own choice is longer.
pub const MODEL_WAIT_MAX: Duration = Duration::from_secs(30);
/// A provider that wants to be left alone for longer is not waited for.
pub const MODEL_WAIT_ASKED_MAX: Duration = Duration::from_secs(120);
/// How long a model may say nothing when nothing else is said.
pub const MODEL_IDLE_DEFAULT: Duration = Duration::from_secs(300);
/// The same, for answers that come whole.
pub const MODEL_WHOLE_IDLE_DEFAULT: Duration = Duration::from_secs(900);
