// What `scrim status` makes of what it is told: problems, tables, and words that are no orders.
#include "cli/status.h"
#include "test.h"

#include <string.h>

static const char well[] =
    "{'v':1,'at_us':1700000000000000,'source':'desk','site':{'id':'port','name':'The port'},"
    "'programs':{'desk':true,'recorder':true,'keeper':true,'veil':[true,true]},"
    "'cameras':[{'id':'quay','name':'Quay','state':'recording','cause':null,'detail':'',"
    "'since_us':1699999880000000,'fps':25.0,'bitrate':4020000,'reconnects':3,'retention_hours':72,"
    "'clock_offset_us':-12000,'veil':{'state':'live','reason':''},"
    "'day':{'recorded_to_us':1699999999000000,'unknown_us':0,"
    "'gaps':{'network':{'count':2,'us':61000000}}}}],"
    "'disks':[{'id':'','state':'ok','detail':'','total':2000000000000,'free':1000000000000}],"
    "'storage':{'v':1,'at_us':1699999995000000,'disks':[{'id':'','fills_at_us':null}],"
    "'admission':{'ok':true,'text':'needed 390.1 GB, funded 987.9 GB: it fits'}}}";

// The status of a site that is well; single quotes stand for double ones, as in `changes`.
static json_t *parse(const char *text)
{
    char json[4096];
    snprintf(json, sizeof json, "%s", text);
    for (char *at = json; *at; at++)
        *at = *at == '\'' ? '"' : *at;
    json_t *parsed = json_loads(json, 0, NULL);
    if (!parsed)
        exit(1);
    return parsed;
}

static json_t *camera(const json_t *status)
{
    return json_array_get(json_object_get(status, "cameras"), 0);
}

static void change(json_t *object, const char *changes)
{
    json_t *with = parse(changes);
    json_object_update(object, with);
    json_decref(with);
}

static size_t judged(json_t *status, const char *list)
{
    scrim_status_judge(status);
    return json_array_size(json_object_get(status, list));
}

// Whether a sentence of the list contains the words.
static bool says(const json_t *status, const char *list, const char *words)
{
    const json_t *sentences = json_object_get(status, list);
    for (size_t i = 0; i < json_array_size(sentences); i++)
        if (strstr(json_string_value(json_array_get(sentences, i)), words))
            return true;
    return false;
}

static void all_well(void)
{
    json_t *status = parse(well);
    CHECK_INT(judged(status, "problems"), 0);
    CHECK_INT(json_array_size(json_object_get(status, "notices")), 0);
    CHECK(json_is_true(json_object_get(status, "ok")));
    json_decref(status);
}

static void problems(void)
{
    static const struct {
        const char *of_status, *of_camera, *of_disk, *of_storage, *list, *words;
    } cases[] = {
        {.of_status = "{'programs':{'desk':true,'recorder':false,'keeper':true,'veil':[]}}",
         .list = "problems",
         .words = "nothing is being recorded"},
        {.of_status = "{'programs':{'desk':true,'recorder':true,'keeper':false,'veil':[]}}",
         .list = "problems",
         .words = "the keeper is not running"},
        {.of_status = "{'programs':{'desk':true,'recorder':true,'keeper':true,'opener':false,"
                      "'veil':[]}}",
         .list = "notices",
         .words = "scrim-opener is not running"},
        {.of_status =
             "{'programs':{'desk':true,'recorder':true,'keeper':true,'veil':[true,false]}}",
         .list = "problems",
         .words = "veil worker 1 is not running"},
        {.of_camera = "{'state':'waiting','cause':'network','detail':'no route to host'}",
         .list = "problems",
         .words = "camera quay is not recorded, for 2 min 00 s: network: no route to host"},
        {.of_camera = "{'state':'connecting','since_us':1699999990000000}",
         .list = "notices",
         .words = "camera quay is not recorded, for 10.0 s"},
        {.of_camera = "{'state':'connecting'}", .list = "problems", .words = "for 2 min 00 s"},
        {.of_camera = "{'clock_offset_us':16000000}",
         .list = "notices",
         .words = "clock of camera quay is 16.0 s ahead"},
        {.of_camera = "{'day':null}", .list = "notices", .words = "journals of camera quay"},
        {.of_camera = "{'day':{'unknown_us':4000000,'gaps':{}}}",
         .list = "problems",
         .words = "4.0 s of the last 24 h are neither recorded nor explained"},
        {.of_disk = "{'state':'read-only','detail':'bay1 took no writes'}",
         .list = "problems",
         .words = "disk (site) is read-only: bay1 took no writes"},
        {.of_storage = "{'disks':[{'id':'bay1','fills_at_us':1700040000000000}]}",
         .list = "problems",
         .words = "disk bay1 will be full at 2023-11-15T09:20Z"},
        {.of_storage = "{'disks':[{'id':'bay1','fills_at_us':1700400000000000}]}",
         .list = "notices",
         .words = "disk bay1 will be full"},
        {.of_storage = "{'admission':{'ok':false,'text':'too little by far'}}",
         .list = "problems",
         .words = "cannot keep what scrim.yaml promises: too little by far"},
        {.of_storage = "{'at_us':1699990000000000}", .list = "notices", .words = "2 h 46 min old"},
        {.of_status = "{'storage':null}",
         .list = "notices",
         .words = "nothing is known of the storage"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        json_t *status = parse(well);
        if (cases[i].of_status)
            change(status, cases[i].of_status);
        if (cases[i].of_camera)
            change(camera(status), cases[i].of_camera);
        if (cases[i].of_disk)
            change(json_array_get(json_object_get(status, "disks"), 0), cases[i].of_disk);
        if (cases[i].of_storage)
            change(json_object_get(status, "storage"), cases[i].of_storage);
        if (judged(status, cases[i].list) != 1 || !says(status, cases[i].list, cases[i].words)) {
            printf("  case %zu: ", i);
            json_dumpf(json_object_get(status, cases[i].list), stdout, 0);
            printf("\n");
            test_failures++;
        }
        CHECK(json_is_true(json_object_get(status, "ok")) ==
              (strcmp(cases[i].list, "notices") == 0));
        json_decref(status);
    }
}

static const char *printed(json_t *status, unsigned width, bool colour, struct scrim_buf *out)
{
    const struct scrim_status_style style = {width, colour};
    scrim_buf_finish(out);
    scrim_buf_init(out, 1 << 20);
    scrim_status_judge(status);
    CHECK_INT(scrim_status_print(status, &style, out), SCRIM_OK);
    CHECK_INT(scrim_buf_append_u8(out, '\0'), SCRIM_OK);
    return (const char *)out->data;
}

static size_t widest(const char *text)
{
    size_t most = 0;
    for (; *text; text += strcspn(text, "\n"), text += *text == '\n')
        if (strcspn(text, "\n") > most)
            most = strcspn(text, "\n");
    return most;
}

static void tables(void)
{
    struct scrim_buf out = {0};
    json_t *status = parse(well);
    const char *text = printed(status, 0, false, &out);
    CHECK_TEXT(text, "The port (port), 2023-11-14T22:13:20Z: all is well\n\n"
                     "recorder runs, keeper runs, desk runs, 2 of 2 veil workers run\n\n"
                     "CAMERA  STATE             FOR   FPS  MBIT/S  GAPS IN 24 H          RECONNECTS"
                     "     CLOCK  VIEW  KEPT\n"
                     "quay    recording  2 min 00 s  25.0    4.02  2 network 1 min 01 s           3"
                     "  -0.012 s  live  72 h\n\n"
                     "DISK    STATE    FREE      OF  FULL\n"
                     "(site)  ok     1.0 TB  2.0 TB  not in sight\n\n"
                     "storage: needed 390.1 GB, funded 987.9 GB: it fits\n");
    text = printed(status, 60, false, &out);
    CHECK(widest(text) <= 60);
    CHECK(strstr(text, "GAPS IN 24 H") && !strstr(text, "KEPT"));
    CHECK(widest(printed(status, 40, false, &out)) <= 50); // the head stays whole
    json_decref(status);
    scrim_buf_finish(&out);
}

static void red(void)
{
    struct scrim_buf out = {0};
    json_t *status = parse(well);
    CHECK(!strchr(printed(status, 80, true, &out), '\033'));
    change(camera(status), "{'state':'waiting','cause':'camera','detail':'gone'}");
    const char *text = printed(status, 80, true, &out);
    CHECK(strstr(text, "needs attention\n\n\033[31m! camera quay is not recorded"));
    CHECK(strstr(text, "\n\033[31mquay    waiting"));
    CHECK(!strchr(printed(status, 80, false, &out), '\033'));
    json_decref(status);
    scrim_buf_finish(&out);
}

// A camera, or a desk that was taken over, must not speak to the terminal.
static void hostile(void)
{
    struct scrim_buf out = {0};
    json_t *status = parse(well);
    json_object_set_new(camera(status), "state", json_string("waiting\033[2J"));
    json_object_set_new(camera(status), "detail", json_string("a\nb\r\033]0;x\x07 \xc2\x9b"));
    json_object_set_new(json_object_get(status, "site"), "name", json_string("\033[31mX"));
    const char *text = printed(status, 80, false, &out);
    for (; *text; text++)
        CHECK(*text == '\n' || ((unsigned char)*text >= ' ' && *text != 0x7f));
    CHECK(!strstr((const char *)out.data, "\xc2\x9b"));
    json_decref(status);
    scrim_buf_finish(&out);
}

int main(int argc, char **argv)
{
    return test_run(argc, argv,
                    (struct test[]){{"a site that is well", all_well},
                                    {"what needs attention, and what is worth knowing", problems},
                                    {"tables fit the terminal", tables},
                                    {"red on a terminal, words always", red},
                                    {"no order to the terminal", hostile},
                                    {0}});
}
