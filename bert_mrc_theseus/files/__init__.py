"""Files read and written so that nothing is misread and nothing is half-written.

text_encoding     which bytes are text
packed_files      gz and zst
remote_files      files of other machines and stores, by address
trees             folders of files, here or there
foreign_stream    streams of libraries whose errors are of their own kinds
raw_lines         bytes of plain and packed files, a line at a time
listing           what can be read in a folder
reading           lines and whole texts
sha256            checksums of files
exchange          two folders change places
temporary_files   what is being written, and what killed commands left
places            where something can be written
atomic_files      files that replace others in one step
atomic_folders    the same of folders
"""
