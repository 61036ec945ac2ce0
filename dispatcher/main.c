/*
 * main.c - huyingd, the dispatcher
 *
 * The one place that knows both the shell and the configuration: it reads the command line, the district and the keys, opens the
 * engine on them, and hands the shell what it needs as functions and tables.
 */
#include "base/exit_code.h"
#include "base/i18n.h"
#include "config/keys.h"
#include "config/loader.h"
#include "config/zone.h"
#include "dispatcher/shell/binding.h"
#include "dispatcher/shell/shell.h"

#include <argp.h>
#include <errno.h>
#include <limits.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { OPTION_PLAIN = 256, OPTION_CLOCK, OPTION_MAP_SIZE, OPTION_SEGMENT_SIZE, OPTION_KEYS, OPTION_BACKUPS };

#define DESCRIPTORS_KEPT 64
#define LOG_LINES 10 /* of one code in a window of the log */

struct arguments {
    const char *config, *data, *listen, *events, *keys, *backups;
    bool plain, drill;
    size_t map_size, segment_size;
    uint32_t given; /* bit per option: each may come once */
};

/* What the callbacks of the shell work on. */
struct server {
    const struct arguments *arguments;
    struct log *log;
    char keys_folder[PATH_MAX];
    struct key_registry *registry;     /* NULL in plain mode */
    struct district *district, *older; /* `older` may still be in the engine's hands until the next one comes */
    struct engine *engine;             /* once it is open */
};

const char *argp_program_version = "huyingd " HUYING_VERSION;

static const struct argp_option options[] = {
    {"config", 'c', "DIR", 0,
     N_("Folder that says what the district is (policy.yaml, units.csv, ...); default: the example district Wuhua"), 0},
    {"data", 'd', "DIR", 0, N_("Data folder; made on the first start"), 0},
    {"listen", 'l', "URL", 0, N_("Where requests come in; default tcp://127.0.0.1:7311"), 0},
    {"events", 'e', "URL", 0, N_("Where events go out; default tcp://127.0.0.1:7312"), 0},
    {"keys", OPTION_KEYS, "DIR", 0, N_("Keys folder; default $HUYING_KEYS, else ~/.config/huying/keys"), 0},
    {"backups", OPTION_BACKUPS, "DIR", 0, N_("Folder for `huying backup`, made when missing; without it no backups are made"), 0},
    {"plain", OPTION_PLAIN, NULL, 0,
     N_("No encryption and no keys: whoever reaches the socket is `default` and may do everything; only on loopback addresses or "
        "ipc"),
     0},
    {"clock", OPTION_CLOCK, "real|drill", 0,
     N_("Real time (default), or drill time, which moves by `huying advance` and by the instants of commands"), 0},
    {"map-size", OPTION_MAP_SIZE, "BYTES", 0, N_("Most bytes of the rows' map"), 0},
    {"segment-size", OPTION_SEGMENT_SIZE, "BYTES", 0, N_("Bytes of a new segment of the journal; default 67108864"), 0},
    {0},
};

static error_t parse_size(const char *name, const char *text, size_t least, struct argp_state *state, size_t *ret)
{
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (errno != 0 || *end != '\0' || text[0] < '0' || text[0] > '9' || value < least || value > PTRDIFF_MAX) {
        argp_error(state, _("--%s: a number of bytes of at least %zu is needed, not `%s`"), name, least, text);
    }
    *ret = (size_t)value;
    return 0;
}

/* One of two values would be dropped in silence. */
static void look_for_second(struct arguments *arguments, int key, const struct argp_state *state)
{
    for (uint32_t i = 0; options[i].name != NULL; i++) {
        if (options[i].key == key && (arguments->given & UINT32_C(1) << i) != 0) {
            argp_error(state, _("--%s is given twice; give it once"), options[i].name);
        }
        if (options[i].key == key) {
            arguments->given |= UINT32_C(1) << i;
        }
    }
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    look_for_second(arguments, key, state);
    switch (key) {
    case 'c':
        arguments->config = argument;
        return 0;
    case 'd':
        arguments->data = argument;
        return 0;
    case 'l':
        arguments->listen = argument;
        return 0;
    case 'e':
        arguments->events = argument;
        return 0;
    case OPTION_KEYS:
        arguments->keys = argument;
        return 0;
    case OPTION_BACKUPS:
        arguments->backups = argument;
        return 0;
    case OPTION_PLAIN:
        arguments->plain = true;
        return 0;
    case OPTION_CLOCK:
        if (strcmp(argument, "real") != 0 && strcmp(argument, "drill") != 0) {
            argp_error(state, _("--clock: real or drill is needed, not `%s`"), argument);
        }
        arguments->drill = strcmp(argument, "drill") == 0;
        return 0;
    case OPTION_MAP_SIZE:
        return parse_size("map-size", argument, (size_t)1024 * 1024, state, &arguments->map_size);
    case OPTION_SEGMENT_SIZE:
        return parse_size("segment-size", argument, (size_t)64 * 1024, state, &arguments->segment_size);
    case ARGP_KEY_ARG:
        argp_error(state, _("`%s` is not an option"), argument);
        return 0;
    case ARGP_KEY_END:
        if (arguments->data == NULL) {
            argp_error(state, _("--data is missing: the data folder, which the first start makes"));
        }
        if (arguments->plain && !(binding_is_local(arguments->listen) && binding_is_local(arguments->events))) {
            argp_error(state,
                       _("--plain is allowed on 127.0.0.1, [::1] or ipc only; leave it out, or change --listen and --events"));
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void say_faults(const char *folder, const struct faults *faults)
{
    char text[600];
    for (uint32_t i = 0; i < faults->count; i++) {
        fprintf(stderr, "huyingd: %s/%s\n", folder, fault_text(&faults->at[i], text, sizeof(text)));
    }
    if (faults->more > 0) {
        fprintf(stderr, _("huyingd: and %u more\n"), faults->more);
    }
}

/* Faults are told one by one before. */
static const char *words_of(int rc)
{
    return rc == -EINVAL ? _("it has faults") : strerror(-rc);
}

static void log_faults(struct log *log, const char *code, const struct faults *faults)
{
    char text[600];
    for (uint32_t i = 0; i < faults->count; i++) {
        log_line(log, LOG_LEVEL_ERROR, code, fault_text(&faults->at[i], text, sizeof(text)));
    }
}

/* In plain mode there is one identity, an explicit choice of who started the process: every role but gateway, whole district. */
static void plain_identity(const struct server *server, struct identity *ret)
{
    *ret =
        (struct identity){.roles = ROLES_ALL & ~ROLE_BIT(ROLE_GATEWAY), .unit = server->district->policy.district, .listens = true};
    code_make(KEYRING_DEFAULT, strlen(KEYRING_DEFAULT), &ret->name);
}

static void identify(const struct server *server, const struct key_entry *entry, struct identity *ret)
{
    *ret = (struct identity){.name = entry->name,
                             .roles = entry->roles,
                             .unit = entry->unit,
                             .matters = entry->matters,
                             .listens = (entry->roles & query_info(QUERY_EVENTS)->roles) != 0 &&
                                        engine_hears_all(server->engine, &entry->unit, &entry->matters)};
    _Static_assert(sizeof(ret->key) == sizeof(entry->public_key), "both are Z85 with its end");
    memcpy(ret->key, entry->public_key, sizeof(ret->key));
}

static bool find_key(void *arg, const char *key, struct identity *ret)
{
    const struct server *server = arg;
    const struct key_entry *entry = server->registry != NULL ? keys_registry_find(server->registry, key) : NULL;
    if (entry != NULL) {
        identify(server, entry, ret);
    }
    return entry != NULL;
}

static bool find_name(void *arg, const char *name, struct identity *ret)
{
    const struct server *server = arg;
    struct code code;
    if (!code_make(name, strlen(name), &code)) {
        return false;
    }
    if (server->registry == NULL) {
        plain_identity(server, ret);
        return code_equal(&code, &ret->name);
    }
    const struct key_entry *entry = keys_registry_named(server->registry, &code);
    if (entry != NULL) {
        identify(server, entry, ret);
    }
    return entry != NULL;
}

static bool find_person(void *arg, struct text name, struct engine_rights *ret)
{
    char terminated[CODE_SIZE + 1] = "";
    struct identity identity;
    if (name.size > CODE_SIZE) {
        return false;
    }
    memcpy(terminated, name.at, name.size);
    if (!find_name(arg, terminated, &identity)) {
        return false;
    }
    *ret = (struct engine_rights){.roles = identity.roles, .unit = identity.unit, .matters = identity.matters};
    return true;
}

/* Such a key gets in, and everything that it asks is refused with KEY_UNIT: say whose it is, once or (`all`) again. */
static void warn_of_units(const struct server *server, bool all)
{
    const struct key_entry *entry = NULL;
    while ((entry = keys_registry_next(server->registry, entry)) != NULL) {
        if (!keys_registry_first(server->registry, entry) && !all) {
            continue;
        }
        if (district_unit_find(server->district, &entry->unit) < 0) {
            log_say(server->log, LOG_LEVEL_WARNING, "key_unit",
                    "the unit %.*s of key %.*s is not in this district: whatever this key asks is refused", CODE_SIZE,
                    entry->unit.s, CODE_SIZE, entry->name.s);
        }
    }
}

/* After a look: says which files have no key in them, and what is odd about those that have. `rc` as from the registry. Returns
 * whether some key may have changed: what was seen before a look failed holds, and its connections have to end. */
static bool looked(const struct server *server, int rc, const struct faults *faults)
{
    if (faults_total(faults) > 0) {
        log_faults(server->log, "keys", faults);
    }
    if (rc < 0) {
        log_say(server->log, LOG_LEVEL_ERROR, "keys", "the keys in %s were not all read again: %s; the others stay as they were",
                server->keys_folder, strerror(-rc));
    }
    if (rc > 0) {
        warn_of_units(server, false);
    }
    return rc != 0;
}

static bool look(void *arg)
{
    const struct server *server = arg;
    struct faults faults;
    return server->registry != NULL && looked(server, keys_registry_look(server->registry, &faults), &faults);
}

static bool tick(void *arg)
{
    const struct server *server = arg;
    struct faults faults;
    return server->registry != NULL && looked(server, keys_registry_tick(server->registry, &faults), &faults);
}

static void rescan(void *arg)
{
    const struct server *server = arg;
    struct faults faults;
    if (server->registry == NULL) {
        return;
    }
    looked(server, keys_registry_scan(server->registry, &faults), &faults);
    warn_of_units(server, true);
}

static void reload(void *arg, struct engine *engine)
{
    struct server *server = arg;
    struct faults faults;
    struct district *fresh = NULL;
    int rc = district_load(server->arguments->config, &faults, &fresh);
    if (rc != 0) {
        log_faults(server->log, "config", &faults);
        log_say(server->log, LOG_LEVEL_ERROR, "config", "the configuration in %s was not taken: %s; the old one stays",
                server->arguments->config, words_of(rc));
        return;
    }
    char said[512];
    rc = engine_adopt(engine, fresh, server->arguments->config, said);
    if (rc != 0) {
        log_say(server->log, LOG_LEVEL_ERROR, "config", "the configuration was not taken, the old one stays. %s", said);
        district_free(fresh);
        return;
    }
    log_say(server->log, LOG_LEVEL_NOTICE, "config", "configuration %.16s taken", fresh->hash);
    district_free(server->older);
    server->older = server->district;
    server->district = fresh;
}

static void engine_line(void *arg, int level, const char *code, const char *text)
{
    log_line(arg, (enum log_level)level, code, text);
}

/* Finds or makes the keys. Returns 0, or -1 after a sentence. */
static int open_keys(struct server *server, struct key_pair *ret_pair)
{
    const struct arguments *arguments = server->arguments;
    int rc = 0;
    if (arguments->keys == NULL) {
        rc = key_file_folder(server->keys_folder, sizeof(server->keys_folder));
    } else if (snprintf(server->keys_folder, sizeof(server->keys_folder), "%s", arguments->keys) >=
               (int)sizeof(server->keys_folder)) {
        rc = -ENAMETOOLONG;
    }
    if (rc != 0) {
        fprintf(stderr, _("huyingd: no keys folder: %s; name one with --keys or HUYING_KEYS\n"), strerror(-rc));
        return -1;
    }
    struct faults faults = {0};
    rc = keys_make_default(server->keys_folder, arguments->drill, &server->district->policy.district);
    if (rc == 0) {
        rc = keys_load_named(server->keys_folder, "server", ret_pair);
    }
    if (rc == 0) {
        rc = keys_registry_load(server->keys_folder, &faults, &server->registry);
    }
    if (rc == 0) {
        log_faults(server->log, "keys", &faults); /* the good ones hold */
    }
    if (rc != 0) {
        fprintf(stderr, _("huyingd: the keys in %s cannot be used: %s\n"), server->keys_folder, strerror(-rc));
        return -1;
    }
    return 0;
}

/* What the engine's work is timed by. */
static int64_t steady_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static struct engine *open_engine(struct server *server)
{
    const struct arguments *arguments = server->arguments;
    const struct engine_options engine_options = {
        .data = arguments->data,
        .district = server->district,
        .config_folder = arguments->config,
        .drill = arguments->drill,
        .map_size = arguments->map_size,
        .segment_size = arguments->segment_size,
        .version = HUYING_VERSION,
        .backups = arguments->backups,
        .background = true,
        .steady_ns = steady_ns,
        .log = engine_line,
        .log_arg = server->log,
        .find_person = find_person,
        .find_person_arg = server,
    };
    struct engine *engine = NULL;
    char said[512] = "";
    int rc = engine_open(&engine_options, &engine, said);
    if (rc != 0) {
        fprintf(stderr, "huyingd: %s\n", said[0] != '\0' ? said : strerror(-rc));
    }
    return rc == 0 ? engine : NULL;
}

/* For the log, which knows no zones: one set follows another, and the newest says what time it is. */
static int32_t district_offset_s(const void *arg, int64_t at_ms)
{
    const struct server *server = arg;
    return zone_offset_s(server->district->zone, at_ms);
}

static int serve(struct server *server)
{
    const struct arguments *arguments = server->arguments;
    struct key_pair pair = {0};
    if (!arguments->plain && open_keys(server, &pair) != 0) {
        return EXIT_FAILED;
    }
    struct engine *engine = open_engine(server);
    if (engine == NULL) {
        explicit_bzero(&pair, sizeof(pair));
        return EXIT_FAILED;
    }
    server->engine = engine;
    if (server->registry != NULL) {
        warn_of_units(server, false);
    }
    char district[CODE_SIZE + 1] = "";
    memcpy(district, server->district->policy.district.s, CODE_SIZE);
    const struct shell_options shell_options = {
        .engine = engine,
        .log = server->log,
        .keys = {.find_key = find_key,
                 .find_name = find_name,
                 .rescan = rescan,
                 .look = look,
                 .tick = tick,
                 .descriptor = server->registry != NULL ? keys_registry_descriptor(server->registry) : -1,
                 .arg = server},
        .server_secret = arguments->plain ? NULL : pair.secret_key,
        .listen_url = arguments->listen,
        .events_url = arguments->events,
        .district = district,
        .drill = arguments->drill,
        .reload = reload,
        .reload_arg = server,
    };
    int exit_code = shell_run(&shell_options);
    explicit_bzero(&pair, sizeof(pair));
    engine_close(engine);
    return exit_code;
}

/* The example district: in a build tree that of the checkout, else what was installed with this program, wherever that was moved
 * to; the place that it was configured for when it does not know its own. */
static void default_config(char *ret, size_t size)
{
    static const char build_tree[] = "/dispatcher/shell";
    const size_t tail = sizeof(build_tree) - 1;
    char own[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", own, sizeof(own) - 1);
    own[length > 0 ? length : 0] = '\0';
    for (int up = 0; up < 2; up++) {
        char *slash = strrchr(own, '/');
        size_t used = slash == NULL ? 0 : (size_t)(slash - own);
        own[used] = '\0';
        if (up == 0 && used > tail && strcmp(own + used - tail, build_tree) == 0) {
            snprintf(ret, size, "%s/%s/config/wuhua", own, HUYING_SOURCE_FROM_SHELL);
            return;
        }
    }
    snprintf(ret, size, "%s/share/huying/wuhua", own);
    if (access(ret, F_OK) != 0) {
        snprintf(ret, size, "%s/wuhua", HUYING_SHARE);
    }
}

/* One descriptor a connection: take what the system allows, but for some that connections cannot have: see folder_openat. */
static void raise_descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return;
    }
    rlim_t kept = limit.rlim_max / 8 < DESCRIPTORS_KEPT ? limit.rlim_max / 8 : DESCRIPTORS_KEPT;
    limit.rlim_cur = limit.rlim_max == RLIM_INFINITY ? RLIM_INFINITY : limit.rlim_max - kept;
    setrlimit(RLIMIT_NOFILE, &limit);
}

int main(int argc, char **argv)
{
    struct arguments arguments = {.listen = "tcp://127.0.0.1:7311", .events = "tcp://127.0.0.1:7312"};
    const struct argp argp = {
        .options = options,
        .parser = parse_option,
        .help_filter = i18n_help,
        .doc = N_("The dispatcher of Huying: takes requests, keeps cases, sends events.") "\v" N_(
            "A line that begins `ready` on standard error says that it listens, and where. SIGTERM finishes what was "
            "read and ends; SIGHUP reads keys and configuration again. Exit codes: 0 done, 2 usage, 4 failure.")};
    setlocale(LC_CTYPE, "C.UTF-8");
    i18n_begin(); /* until it listens: what it says then is a log */
    umask(077);   /* journal, rows and ipc sockets are nobody else's */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a limit on the size of files (ulimit -f, LimitFSIZE=) is a full disk: EFBIG, and BUSY */
    argp_err_exit_status = EXIT_USAGE;
    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    char config[2 * PATH_MAX], shortest[PATH_MAX];
    if (arguments.config == NULL) {
        default_config(config, sizeof(config));
        arguments.config = realpath(config, shortest) != NULL ? shortest : config;
    }
    raise_descriptors();

    struct server server = {.arguments = &arguments, .log = log_new(STDERR_FILENO, LOG_LEVEL_NOTICE, LOG_LINES)};
    struct faults faults;
    int exit_code = EXIT_FAILED;
    int rc = server.log == NULL ? -ENOMEM : district_load(arguments.config, &faults, &server.district);
    if (rc == -EINVAL) {
        say_faults(arguments.config, &faults);
    }
    if (rc != 0) {
        fprintf(stderr, _("huyingd: the configuration in %s cannot be used: %s\n"), arguments.config, words_of(rc));
    } else {
        log_zone(server.log, district_offset_s, &server);
        exit_code = serve(&server);
    }
    keys_registry_free(server.registry);
    district_free(server.district);
    district_free(server.older);
    log_free(server.log);
    return exit_code;
}
