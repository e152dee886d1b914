/* The Simple Management Protocol on the serial line, as far as an upload needs it. */
#include "smp.h"

#include "bootloader/image.h"
#include "bootloader/watchdog.h"
#include "cbor.h"
#include "port.h"
#include "slots.h"

#define FRAME_BYTES 2048u
#define ANSWER_BYTES 512u
#define LINE_DIGITS 124u
enum { GROUP_OS = 0, GROUP_IMAGE = 1 };
enum { OS_ECHO = 0, OS_RESET = 5, OS_PARAMETERS = 6, IMAGE_STATE = 0, IMAGE_UPLOAD = 1, IMAGE_ERASE = 5 };
enum { READ = 0, WRITE = 2, INVALID = 3, NOT_SUPPORTED = 8 };
enum { HEADER_BYTES = 8 };

static uint8_t frame[FRAME_BYTES], answer[ANSWER_BYTES];

/* CRC-16 with polynomial 0x1021 and start 0, as XMODEM has it. */
static uint16_t crc16(const uint8_t *data, uint32_t bytes)
{
    uint32_t crc = 0;
    while (bytes--) {
        crc ^= (uint32_t)*data++ << 8;
        for (int bit = 0; bit < 8; bit++)
            crc = crc << 1 ^ (crc & 0x8000u ? 0x1021u : 0);
    }
    return (uint16_t)crc;
}

struct request {
    struct item offset, length, data, sha, hash, confirm, text;
};

static bool is(const struct item *key, const char *name)
{
    for (uint32_t i = 0; i < key->value; i++)
        if (!name[i] || (uint8_t)name[i] != key->bytes[i])
            return false;
    return !name[key->value];
}

static bool read_request(const uint8_t *from, const uint8_t *end, struct request *request)
{
    struct item map, key, value;
    *request = (struct request){0};
    from = cbor_read(from, end, &map);
    if (!from || map.kind != CBOR_MAP)
        return false;
    const struct {
        const char *name;
        struct item *place;
        enum cbor kind;
    } fields[] = {
        {"off", &request->offset, CBOR_NUMBER}, {"len", &request->length, CBOR_NUMBER},
        {"data", &request->data, CBOR_BYTES},   {"sha", &request->sha, CBOR_BYTES},
        {"hash", &request->hash, CBOR_BYTES},   {"confirm", &request->confirm, CBOR_SIMPLE},
        {"d", &request->text, CBOR_TEXT},
    };
    for (; map.value; map.value--) {
        if (!(from = cbor_read(from, end, &key)) || key.kind != CBOR_TEXT || !(from = cbor_read(from, end, &value)))
            return false;
        for (unsigned i = 0; i < sizeof fields / sizeof fields[0]; i++)
            if (is(&key, fields[i].name)) {
                if (value.kind != fields[i].kind)
                    return false;
                *fields[i].place = value;
            }
    }
    return true;
}

static void say_fault(struct writer *to, uint32_t group, uint32_t code)
{
    to->bytes = HEADER_BYTES;
    cbor_head(to, CBOR_MAP, 1);
    cbor_text(to, "err");
    cbor_head(to, CBOR_MAP, 2);
    cbor_text(to, "group");
    cbor_head(to, CBOR_NUMBER, group);
    cbor_text(to, "rc");
    cbor_head(to, CBOR_NUMBER, code);
}

static char *decimal(char *to, uint32_t value)
{
    if (value > 9)
        to = decimal(to, value / 10);
    *to = (char)('0' + value % 10);
    return to + 1;
}

static void say_version(struct writer *to, const struct image *image)
{
    char text[32], *end = decimal(text, image->major);
    *end++ = '.';
    end = decimal(end, image->minor);
    *end++ = '.';
    end = decimal(end, image->revision);
    if (image->build) {
        *end++ = '.';
        end = decimal(end, image->build);
    }
    *end = '\0';
    cbor_text(to, "version");
    cbor_text(to, text);
}

static void say_states(struct writer *to)
{
    struct image images[SLOTS];
    bool there[SLOTS];
    for (int slot = 0; slot < SLOTS; slot++) {
        enum refusal refusal = image_read(slot, &images[slot]);
        there[slot] = refusal == ACCEPTED || refusal == OLD_COUNTER;
    }
    cbor_head(to, CBOR_MAP, 1);
    cbor_text(to, "images");
    cbor_head(to, CBOR_ARRAY, (uint32_t)there[0] + there[1]);
    for (int slot = 0; slot < SLOTS; slot++) {
        if (!there[slot])
            continue;
        enum trial trial = slot_trial(slot);
        cbor_head(to, CBOR_MAP, 8);
        cbor_text(to, "slot");
        cbor_head(to, CBOR_NUMBER, (uint32_t)slot);
        say_version(to, &images[slot]);
        cbor_text(to, "hash");
        cbor_string(to, CBOR_BYTES, images[slot].hash, 32);
        cbor_flag(to, "bootable", true);
        cbor_flag(to, "pending", trial == PENDING);
        cbor_flag(to, "confirmed", trial == CONFIRMED);
        cbor_flag(to, "active", slot == active_slot());
        cbor_flag(to, "permanent", false);
    }
}

static enum fault take_upload(struct writer *to, const struct request *request)
{
    uint32_t offset = request->offset.value;
    if (!offset) {
        if (!request->length.bytes)
            return FAULT_NO_LENGTH;
        const uint8_t *sha = request->sha.value == 32 ? request->sha.bytes : 0;
        enum fault fault = upload_begin(request->length.value, sha, request->data.bytes, request->data.value);
        if (fault != FAULT_NONE)
            return fault;
    }
    enum fault fault = upload_take(&offset, request->data.bytes, request->data.value);
    if (fault != FAULT_NONE)
        return fault;
    bool match, done = upload_done(&match);
    cbor_head(to, CBOR_MAP, done ? 2 : 1);
    cbor_text(to, "off");
    cbor_head(to, CBOR_NUMBER, offset);
    if (done)
        cbor_flag(to, "match", match);
    return FAULT_NONE;
}

static void obey_image(struct writer *to, int operation, int command, const struct request *request)
{
    enum fault fault = FAULT_NONE;
    if (command == IMAGE_UPLOAD && operation == WRITE) {
        fault = take_upload(to, request);
    } else if (command == IMAGE_STATE) {
        const uint8_t *hash = request->hash.value == 32 ? request->hash.bytes : 0;
        bool confirm = request->confirm.value == CBOR_TRUE;
        if (operation == WRITE)
            fault = request->hash.value && !hash ? FAULT_HASH : confirm ? image_confirm(hash) : image_try(hash);
        if (fault == FAULT_NONE)
            say_states(to);
    } else if (command == IMAGE_ERASE && operation == WRITE) {
        fault = other_erase();
        if (fault == FAULT_NONE)
            cbor_head(to, CBOR_MAP, 0);
    } else {
        say_fault(to, GROUP_OS, NOT_SUPPORTED);
    }
    if (fault != FAULT_NONE)
        say_fault(to, GROUP_IMAGE, fault);
}

static void obey_os(struct writer *to, int command, const struct request *request)
{
    if (command == OS_ECHO) {
        cbor_head(to, CBOR_MAP, 1);
        cbor_text(to, "r");
        cbor_string(to, CBOR_TEXT, request->text.bytes, request->text.value);
    } else if (command == OS_RESET) {
        cbor_head(to, CBOR_MAP, 0);
    } else if (command == OS_PARAMETERS) {
        cbor_head(to, CBOR_MAP, 2);
        cbor_text(to, "buf_size");
        cbor_head(to, CBOR_NUMBER, FRAME_BYTES);
        cbor_text(to, "buf_count");
        cbor_head(to, CBOR_NUMBER, 1);
    } else {
        say_fault(to, GROUP_OS, NOT_SUPPORTED);
    }
}

static void put_digits(uint32_t bits, int bytes, uint32_t *column)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    if (*column == LINE_DIGITS) {
        port_putc('\n');
        port_putc(4);
        port_putc(20);
        *column = 0;
    }
    for (int i = 0; i < 4; i++)
        port_putc(i > bytes ? '=' : (uint8_t)digits[bits >> (18 - 6 * i) & 63]);
    *column += 4;
}

/* Length, answer and checksum in base64, in lines. */
static void send(uint32_t bytes)
{
    uint16_t crc = crc16(answer, bytes);
    uint32_t column = 0, bits = 0, total = bytes + 4;
    port_putc(6);
    port_putc(9);
    for (uint32_t i = 0; i < total; i++) {
        uint32_t byte = i < 2            ? (bytes + 2) >> (8 - 8 * i) & 255u
                        : i < 2 + bytes  ? answer[i - 2]
                        : i == 2 + bytes ? crc >> 8
                                         : crc & 255u;
        bits |= byte << (16 - 8 * (i % 3));
        if (i % 3 == 2 || i + 1 == total) {
            put_digits(bits, (int)(i % 3) + 1, &column);
            bits = 0;
        }
    }
    port_putc('\n');
}

static __attribute__((noreturn)) void reset(void)
{
    *(volatile uint32_t *)0xE000ED0Cu = 0x05FA0004u; /* ARMv7-M ARM (DDI 0403E) B3.2.6: AIRCR, SYSRESETREQ */
    for (;;) {
    }
}

static void obey(const uint8_t *message, uint32_t bytes)
{
    struct request request;
    struct writer to = {answer, ANSWER_BYTES, HEADER_BYTES};
    uint32_t length = (uint32_t)message[2] << 8 | message[3], group = (uint32_t)message[4] << 8 | message[5];
    int operation = message[0] & 7, command = message[7];
    watchdog_feed();
    if (length + HEADER_BYTES != bytes || (operation != READ && operation != WRITE))
        return;
    if (!read_request(message + HEADER_BYTES, message + bytes, &request))
        say_fault(&to, GROUP_OS, INVALID);
    else if (group == GROUP_OS)
        obey_os(&to, command, &request);
    else if (group == GROUP_IMAGE)
        obey_image(&to, operation, command, &request);
    else
        say_fault(&to, GROUP_OS, NOT_SUPPORTED);
    if (to.bytes > ANSWER_BYTES)
        say_fault(&to, GROUP_OS, INVALID);
    for (int i = 0; i < HEADER_BYTES; i++)
        answer[i] = message[i];
    answer[0]++; /* the operation of an answer */
    answer[2] = (uint8_t)((to.bytes - HEADER_BYTES) >> 8);
    answer[3] = (uint8_t)(to.bytes - HEADER_BYTES);
    send(to.bytes);
    if (group == GROUP_OS && command == OS_RESET && operation == WRITE)
        reset();
}

static int digit(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? c - 'A' : c >= 'a' && c <= 'z' ? c - 'a' + 26
           : c >= '0' && c <= '9' ? c - '0' + 52
           : c == '+' ? 62
           : c == '/' ? 63
                      : -1;
}

/* What has come of a frame: bytes, and the bits of an unfinished one. */
static struct {
    uint32_t bytes, bits, bit_count;
    uint8_t before;
    bool in_line, broken;
} input;

static void end_line(void)
{
    input.in_line = false;
    uint32_t wanted = input.bytes < 2 ? UINT32_MAX : 2u + ((uint32_t)frame[0] << 8 | frame[1]);
    if (input.broken || input.bytes < wanted)
        return;
    input.broken = true; /* until the next frame begins */
    if (wanted < 2 + HEADER_BYTES + 2)
        return;
    uint32_t message = wanted - 4;
    if (crc16(frame + 2, message) == ((uint32_t)frame[wanted - 2] << 8 | frame[wanted - 1]))
        obey(frame + 2, message);
}

static void take_digit(uint8_t byte)
{
    int value = digit(byte);
    if (value < 0) {
        input.broken |= byte != '=' && byte != '\r';
        return;
    }
    input.bits = input.bits << 6 | (uint32_t)value;
    input.bit_count += 6;
    if (input.bit_count < 8)
        return;
    input.bit_count -= 8;
    if (input.bytes < FRAME_BYTES)
        frame[input.bytes++] = (uint8_t)(input.bits >> input.bit_count);
    else
        input.broken = true;
}

bool smp_take(uint8_t byte)
{
    uint8_t before = input.before;
    input.before = byte;
    if (input.in_line) {
        if (byte == '\n')
            end_line();
        else if (byte == 6 || byte == 4)
            input.in_line = false; /* the line's end was lost */
        else
            take_digit(byte);
        return true;
    }
    if (before == 6 && byte == 9) {
        input.bytes = input.bits = input.bit_count = 0;
        input.broken = false;
        return input.in_line = true;
    }
    if (before == 4 && byte == 20)
        return input.in_line = true;
    return byte == 6 || byte == 4;
}
