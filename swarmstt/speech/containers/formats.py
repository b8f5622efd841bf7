"""All that is read: one list for the command line, folders, the page and the drop folder."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """FFmpeg's demuxers of one kind of file, and what such files are called."""

    name: str
    demuxers: tuple[str, ...]
    suffixes: tuple[str, ...]


def _of(name: str, demuxers: str, suffixes: str) -> AudioFormat:
    return AudioFormat(name, tuple(demuxers.split()), tuple(f".{suffix}" for suffix in suffixes.split()))


FORMATS = (
    _of("MP3", "mp3", "mp3 mp2 mp1 mpa mpga m2a mpega"),
    _of("MPEG-4", "mov mp4 m4a 3gp 3g2 mj2", "m4a m4b m4r mp4 m4v mov qt 3gp 3gpp 3g2 f4a f4b f4v mj2 ismv isma psp"),
    _of("WAV", "wav", "wav wave bwf rf64"),
    _of("Wave64", "w64", "w64"),
    _of("FLAC", "flac", "flac fla"),
    _of("Ogg", "ogg", "ogg oga ogv ogx opus spx"),
    _of("AAC", "aac loas", "aac adts latm loas"),
    _of("Windows Media", "asf asf_o xwma", "wma wmv asf xwma"),
    _of("Matroska", "matroska webm", "mka mkv mk3d webm weba"),
    _of("AIFF", "aiff", "aif aiff aifc"),
    _of("Dolby and DTS", "ac3 eac3 dts dtshd mlp truehd", "ac3 eac3 ec3 dts dtshd mlp thd truehd"),
    _of("Core Audio", "caf", "caf"),
    _of("AVI", "avi", "avi divx"),
    _of("MPEG video", "mpegts mpeg", "ts mts m2ts m2t trp tp mpg mpeg mpe m2p vob vro evo mod tod"),
    _of("Flash video", "flv live_flv kux", "flv kux"),
    _of("WavPack", "wv", "wv"),
    _of("True Audio", "tta", "tta"),
    _of("Monkey's Audio", "ape", "ape apl"),
    _of("Musepack", "mpc mpc8", "mpc mpp"),
    _of("TAK", "tak", "tak"),
    _of("Shorten", "shn", "shn"),
    _of("OptimFROG's neighbours", "osq bonk rka wavarc", "osq bonk rka"),
    _of("AU", "au", "au snd"),
    _of("AMR", "amr amrnb amrwb", "amr awb"),
    _of("RealMedia", "rm ivr", "rm ra ram rmvb rv ivr"),
    _of("Dictation", "dss", "dss"),
    _of("Telephone", "gsm g722 g723_1 g729 g726 sln ilbc lc3", "gsm g722 g723 g723_1 g729 sln ilbc lbc lc3"),
    _of("QCELP", "qcp", "qcp"),
    _of("Sony", "oma aea", "oma omg aa3 aea"),
    _of("Creative Voice", "voc", "voc"),
    _of("8SVX", "iff", "iff 8svx"),
    _of("speech research", "nistsphere ircam pvf avr epaf sds", "sph nist sf ircam pvf avr fap"),
    _of("SoX", "sox", "sox"),
    _of("DSD", "dsf iff wsd", "dsf dff wsd"),
    _of("NUT, MXF and others of studios", "nut mxf gxf lxf", "nut mxf gxf lxf"),
    _of("television recordings", "wtv ty pva nsv nuv dhav", "wtv ty pva nsv nuv dav"),
    _of("DV", "dv", "dv dif"),
    _of("VQF", "vqf", "vqf vql vqe"),
    _of("Bluetooth", "sbc aptx aptx_hd", "sbc msbc aptx aptxhd"),
    _of("QOA", "qoa", "qoa"),
    _of("early pocket computers and phones", "wve hcom mmf rso", "wve hcom mmf rso"),
)
"""Playlists and scripts, which could name other files or addresses, are not among them, nor are sound of games, and raw
samples without a header that tells their rate."""

DEMUXERS = tuple(dict.fromkeys(demuxer for each in FORMATS for demuxer in each.demuxers))
AUDIO_SUFFIXES = frozenset(suffix for each in FORMATS for suffix in each.suffixes)
